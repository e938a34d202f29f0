"""Whether something else does what a profile says: live, by vectors, by its log, by recordings."""
