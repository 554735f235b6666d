"""Watch an operation: its events once each and in order, and the cause of a failure."""
