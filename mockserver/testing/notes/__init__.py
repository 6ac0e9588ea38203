"""Notes: what surprises about a success, in sentences for the developer."""
