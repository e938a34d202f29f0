"""What every room needs and no room is about.

Errors, kept files, folders of runs, workers, and how a process ends.
"""
