"""Pydantic models of bodies, queries, answers and world files."""
