"""Counts tokens of the o200k_base vocabulary, as the API does: exactly with the extra `tokens`, else by estimate."""

import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

# Control tokens of the vocabulary; the real server refuses content that holds one (recorded in x-special-tokens).
CONTROL_TOKENS = ("<|endoftext|>", "<|endofprompt|>")


def count(text: str) -> int:
    """How many tokens `text` is; 0 for the empty text."""
    return _counter()(text)


def is_tokenizer_installed() -> bool:
    """Whether there is a tokenizer to count with, found out without loading it."""
    return any(find_spec(name) is not None for name in ("rs_bpe", "bpe_openai"))


def is_exact() -> bool:
    """Whether a tokenizer is installed, so that `count` is exact."""
    return _counter() is not estimate


def estimate(text: str) -> int:
    """A token for every four bytes of UTF-8, rounded up: what `count` gives without the extra `tokens`."""
    return (len(text.encode()) + 3) // 4


@cache
def _counter() -> Callable[[str], int]:
    try:
        from rs_bpe.bpe import openai
    except ImportError:
        return _slower_counter()
    exact: Callable[[str], int] = openai.o200k_base().count
    return exact


def _slower_counter() -> Callable[[str], int]:
    try:
        with warnings.catch_warnings():  # It opens its data in a way that is deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            import bpe_openai
    except ImportError:
        return estimate
    encoding = bpe_openai.get_encoding("o200k_base")
    return lambda text: len(encoding.encode_ordinary(text))
