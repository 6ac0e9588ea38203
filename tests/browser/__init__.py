"""What the page does in a browser."""
