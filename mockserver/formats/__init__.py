"""Bytes to values: JSON, forms, the text of PDFs, and tokens."""
