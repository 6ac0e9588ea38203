"""What makes the fake a test double: the owner of all that changes, and the worlds it starts from."""
