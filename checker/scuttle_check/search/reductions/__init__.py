"""Searches that visit fewer worlds and judge the same: quotient, symmetry, stubborn sets."""
