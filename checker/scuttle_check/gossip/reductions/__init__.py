"""What may be left out of a search of Scuttlebutt, and the arguments why."""
