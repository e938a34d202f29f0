"""Lessons: pages that teach one thing each, are played in a terminal, and are tests."""
