"""Pictures of schedules. Generic: what is said of an action comes from the caller."""
