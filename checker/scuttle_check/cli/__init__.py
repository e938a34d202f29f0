"""The commands of ``scuttle``, one module each."""
