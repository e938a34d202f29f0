"""Every way to visit worlds and judge them: plain, compiled, reduced, divided, random, endless.

Each takes any model and gives a report.
"""
