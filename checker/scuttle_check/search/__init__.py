"""The searches. Each takes any model and gives a report."""
