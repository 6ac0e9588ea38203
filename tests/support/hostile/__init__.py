"""Hostile values, requests and bytes, and a fuzzer that sends them. A seed determines all of them."""
