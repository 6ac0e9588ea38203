"""Filters: documents that a client sends to select rows."""
