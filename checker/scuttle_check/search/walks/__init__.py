"""Many random walks at once, over matrices of numbers."""
