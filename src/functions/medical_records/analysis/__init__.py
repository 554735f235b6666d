"""What a patient's record says, as data: pure functions over a checked record."""
