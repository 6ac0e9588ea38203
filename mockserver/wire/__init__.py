"""What JSON looks like on the wire: pydantic models of bodies, queries, answers and world files, and nothing else."""
