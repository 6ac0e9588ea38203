"""The HTTP layer: parse a request, call one handler, render what it returns."""
