"""The HTTP storey: parse a request, call one verb, render what it returns."""
