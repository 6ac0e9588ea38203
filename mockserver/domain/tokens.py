"""Counts tokens of the o200k_base vocabulary, as the API does. Without the extra `tokens` it estimates."""

import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

# The control tokens of the vocabulary. The real server refuses content with one (recorded in x-special-tokens).
CONTROL_TOKENS = ("<|endoftext|>", "<|endofprompt|>")


def count(text: str) -> int:
    """The number of tokens of a text."""
    return _counter()(text)


def is_tokenizer_installed() -> bool:
    """Whether a tokenizer is installed. Does not import it."""
    return any(find_spec(name) is not None for name in ("rs_bpe", "bpe_openai"))


def is_exact() -> bool:
    """Whether a tokenizer is installed, so that `count` is exact."""
    return _counter() is not estimate


def estimate(text: str) -> int:
    """One token for every four bytes of UTF-8, rounded up: the result of `count` without the extra `tokens`."""
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
        with warnings.catch_warnings():  # bpe_openai opens its data with a deprecated function.
            warnings.simplefilter("ignore", DeprecationWarning)
            import bpe_openai
    except ImportError:
        return estimate
    encoding = bpe_openai.get_encoding("o200k_base")
    return lambda text: len(encoding.encode_ordinary(text))
