"""What a world is, what may happen in it, and the pictures of what did. It knows no protocol."""
