"""Functions of Node, asked from here: a driver in JavaScript, and what starts and asks it."""
