"""The words of the command line, one module for each command, and nothing else."""
