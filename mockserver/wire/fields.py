"""The types of fields that several models share, with the limits of the API."""

from functools import cache
from ipaddress import ip_address
from types import new_class
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from ..domain import tokens
from ..domain.errors import ID_MAX_LENGTH, ID_PATTERN, SHORT_ID_MAX_LENGTH
from ..domain.nul import text_without_nul, without_nul
from .versions import Before

METADATA_KEYS_LIMIT = 100
METADATA_DEPTH_LIMIT = 5
CONTENT_LIMIT = 25_000
INSTRUCTIONS_TOKENS_LIMIT = 2_000
# The API has no such limits. They bound the memory and the time of a request.
ENTRIES_LIMIT = 10_000
URL_LIMIT = 2_048

JsonObject = dict[str, Any]
# The key of a schema that names one of `wire/schemas.py`, which the served document refers to there.
NAMED = "x-named"


# What the reference fills in for filters: it matches everything.
MATCHING_EVERYTHING: Any = Field(examples=[{}])


def named(name: str) -> Any:
    """The annotation of a type that also has the schema of this name."""
    return Field(json_schema_extra={NAMED: name})


class Model(BaseModel):
    """A model that pydantic builds when it is first used: see `fast_path.py`."""

    model_config = ConfigDict(defer_build=True)


class Strict(Model):
    """A model that refuses unknown keys, because they are probably typos. The models of the API ignore them."""

    model_config = ConfigDict(extra="forbid")


# pydantic 2.11 replaced `populate_by_name` with `validate_by_name` and `validate_by_alias`. Older versions use the
# second form.
_TAKES_NAMES = (
    ConfigDict(validate_by_name=True, validate_by_alias=True)
    if "validate_by_name" in ConfigDict.__annotations__
    else ConfigDict(populate_by_name=True)
)


@cache
def taking_names(type_: Any) -> Any:
    """The type; for a model, a subclass that accepts fields by their names as well as by their aliases.

    It is a subclass because pydantic before 2.11 has no such argument for a single validation.
    """
    if not (isinstance(type_, type) and issubclass(type_, Model)):
        return type_
    # The subclass has the same name, which errors show.
    members = {"model_config": _TAKES_NAMES, "__module__": type_.__module__, "__doc__": type_.__doc__}
    return new_class(type_.__name__, (type_,), exec_body=lambda namespace: namespace.update(members))


def _checked_metadata(metadata: JsonObject) -> JsonObject:
    if len(metadata) > METADATA_KEYS_LIMIT:
        raise ValueError(f"Metadata exceeds maximum of {METADATA_KEYS_LIMIT} top-level keys")
    if not _nests_within(metadata, METADATA_DEPTH_LIMIT):
        raise ValueError(f"Metadata nesting exceeds maximum depth of {METADATA_DEPTH_LIMIT}")
    return without_nul(metadata) if metadata else metadata


def _nests_within(value: JsonObject, levels: int) -> bool:
    """Whether objects are nested at most `levels` deep. Objects in lists do not count (recorded)."""
    return levels > 0 and all(_nests_within(entry, levels - 1) for entry in value.values() if isinstance(entry, dict))


def without_control_tokens(content: str) -> str:
    """The content. Raises ValueError, with the message of the tokenizer, if it has a control token.

    The live server passes this message on (recorded in x-special-tokens).
    """
    if "<|" not in content:
        return content  # The usual case.
    found = [token for token in tokens.CONTROL_TOKENS if token in content]
    if not found:
        return content
    first = min(found, key=content.index)
    raise ValueError(
        f"Encountered text corresponding to disallowed special token '{first}'.\n"
        "If you want this text to be encoded as a special token, pass it to `allowed_special`, "
        f"e.g. `allowed_special={{'{first}', ...}}`.\n"
        "If you want this text to be encoded as normal text, disable the check for this token by passing "
        f"`disallowed_special=(enc.special_tokens_set - {{'{first}'}})`.\n"
        "To disable this check for all special tokens, pass `disallowed_special=()`.\n"
    )


def _http_url(url: str) -> str:
    """The URL. Raises ValueError if it is not an HTTP or HTTPS URL (recorded in x-webhooks-and-keys)."""
    parts = urlsplit(text_without_nul(url))
    if not (parts.scheme and parts.netloc):
        raise ValueError("Invalid URL format")
    if parts.scheme not in ("http", "https"):
        raise ValueError("Only HTTP and HTTPS URLs are allowed")
    return url


PRIVATE_ADDRESS = "Private/internal IP addresses are not allowed"


def _public(url: str) -> str:
    """The URL. Raises ValueError for an IP address that is private, or reserved. Names of hosts are not looked up."""
    host = urlsplit(text_without_nul(url)).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return url  # A name, or a number that only some resolvers take for an address (recorded in x2-vr-webhooks).
    inner = getattr(address, "ipv4_mapped", None) or address
    if (
        inner.is_private
        or inner.is_loopback
        or inner.is_link_local
        or inner.is_reserved
        or inner.is_multicast
        or inner.is_unspecified
    ):
        raise ValueError(PRIVATE_ADDRESS)
    return url


def _bounded(entries: Any) -> Any:
    """Refuse a list or an object with too many entries: each may become an entry of the answer."""
    if isinstance(entries, (list, dict)) and len(entries) > ENTRIES_LIMIT:
        raise ValueError(f"There are more than {ENTRIES_LIMIT} entries")
    return entries


def _checked_instructions(instructions: str) -> str:
    if tokens.count(instructions) > INSTRUCTIONS_TOKENS_LIMIT:
        raise ValueError(
            f"custom_instructions exceeds DERIVER.MAX_CUSTOM_INSTRUCTIONS_TOKENS ({INSTRUCTIONS_TOKENS_LIMIT} tokens)"
        )
    return instructions


Level = Literal["explicit", "deductive", "inductive", "contradiction"]
Bounded = BeforeValidator(_bounded)
# The rule of ids, as a part of a schema.
ID_RULE: Any = {"minLength": 1, "maxLength": ID_MAX_LENGTH, "pattern": ID_PATTERN}
ShortId = Annotated[str, Field(min_length=1, max_length=SHORT_ID_MAX_LENGTH, pattern=ID_PATTERN)]
Id = Annotated[str, Field(min_length=1, max_length=ID_MAX_LENGTH, pattern=ID_PATTERN), Before("long_ids", ShortId)]
Text = Annotated[str, AfterValidator(text_without_nul)]
Storable = Annotated[JsonObject, AfterValidator(without_nul)]
Metadata = Annotated[
    JsonObject, AfterValidator(_checked_metadata), named("Metadata"), Before("metadata_limits", Storable)
]
Content = Annotated[str, Field(min_length=0, max_length=CONTENT_LIMIT), AfterValidator(text_without_nul)]
SpokenContent = Annotated[Content, AfterValidator(without_control_tokens)]
Instructions = Annotated[str, AfterValidator(_checked_instructions), Before("instructions_limit", str)]
HttpUrl = Annotated[str, Field(max_length=URL_LIMIT, json_schema_extra={"format": "uri"}), AfterValidator(_http_url)]
WebhookUrl = Annotated[HttpUrl, AfterValidator(_public), Before("public_webhooks", HttpUrl)]
