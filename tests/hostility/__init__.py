"""What nobody sends in good faith: values, requests, bytes and texts, every one drawn from a seed."""
