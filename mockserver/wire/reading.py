"""How a validation reads values."""

from enum import Enum


class Reading(Enum):
    """How values are read: the context of a validation. Without a context, they are values of JSON in the contract."""

    TEXT = "the contract, from text"
    LAX = "the conversions of the live server"
