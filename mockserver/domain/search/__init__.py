"""Search: the messages that a query finds, and texts that are similar."""
