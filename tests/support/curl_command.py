"""Sends the request of a curl command, without curl."""

import shlex

import httpx


def run_curl(command: str) -> httpx.Response:
    """The response to `curl -s [-N] [-X METHOD] URL [-H HEADER]... [-d BODY]`."""
    name, *words = shlex.split(command)
    assert (name, words.pop(0)) == ("curl", "-s")
    options: dict[str, list[str]] = {"-X": [], "-H": [], "-d": []}
    urls = []
    while words:
        word = words.pop(0)
        if word in options:
            options[word].append(words.pop(0))
        elif word != "-N":
            urls.append(word)
    [url] = urls
    [method] = options["-X"] or ["POST" if options["-d"] else "GET"]
    form = {"content-type": "application/x-www-form-urlencoded"} if options["-d"] else {}
    headers = form | dict(header.split(": ", 1) for header in options["-H"])
    return httpx.request(method, url, headers=headers, content="".join(options["-d"]))
