"""The scalar types of the contract. pydantic converts values of other types, as the live server does; the contract
does not.

The contract is a JSON Schema: `10.0` is an integer, `true` is not a number, and a format such as `date-time` is only an
annotation. A query is text. There, a boolean is `true` or `false`, and a number has decimal digits.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from ..domain.clock import microseconds, timestamp
from .reading import Reading

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"-?\d+", re.ASCII)


def is_number(text: str) -> bool:
    """Whether a text is a number in decimal digits."""
    return _NUMBER.fullmatch(text) is not None


def not_of_type(name: str, kind: str) -> PydanticCustomError:
    """The error for a value that does not have the type `name` of the contract, with the `kind` that pydantic uses."""
    # pydantic types both as literal strings, so that no input gets into them.
    message: Any = f"Input should be a valid {name}"
    return PydanticCustomError(cast("Any", kind), message, {"contract": name})


def _of_type(name: str, kind: str, in_json: Callable[[Any], bool], in_text: Callable[[str], bool]) -> WrapValidator:
    """A validator that refuses what only the live server converts.

    Arguments:
        name: The type in the contract.
        kind: The type of the error that pydantic has for values that nothing converts.
        in_json: Whether a value of JSON has the type.
        in_text: Whether a text stands for a value of the type.
    """

    def validate(value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        result = read(value)  # First, so that what both refuse has the error of the live server.
        reading = info.context
        if reading is Reading.LAX or (in_text(value) if reading is Reading.TEXT else in_json(value)):
            return result
        raise not_of_type(name, kind)

    return WrapValidator(validate)


def _is_integer(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


def _moment_in_utc(value: Any, read: ValidatorFunctionWrapHandler) -> datetime:
    try:
        moment: datetime = read(value)
    except ValidationError:
        raise
    except ValueError as error:
        # pydantic before 2.10 raises a plain ValueError for the year 0.
        raise PydanticKnownError("datetime_parsing", {"error": str(error)}) from None
    if not 1 < moment.year < 9999:
        try:
            timestamp(microseconds(moment))
        except OverflowError:
            raise ValueError("in UTC the time is before the year 1 or after the year 9999") from None
    return moment


# The form in which the mock writes timestamps.
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.(?!000000)\d{6})?Z", re.ASCII)


def _timestamp(value: Any, read: ValidatorFunctionWrapHandler) -> str:
    """A time as a timestamp. What is one already is not converted, which would take most of the time of a load."""
    if isinstance(value, str) and _TIMESTAMP.fullmatch(value):
        try:  # `suppress` takes longer than the rest of this function.
            datetime.fromisoformat(value)
        except ValueError:
            pass  # Below, `read` raises the error that every invalid time has.
        else:
            return value
    return timestamp(microseconds(_moment_in_utc(value, read)))


def _schema_of_timestamp(_: Any, schema_of: GetCoreSchemaHandler) -> CoreSchema:
    return core_schema.no_info_wrap_validator_function(_timestamp, schema_of.generate_schema(datetime))


# Bounds stand before these validators, as in `Annotated[int, Field(ge=1), INTEGER]`: pydantic cannot apply them to a
# validator that is a function.
BOOLEAN = _of_type("boolean", "bool_type", lambda value: type(value) is bool, lambda text: text in ("true", "false"))
INTEGER = _of_type("integer", "int_type", _is_integer, lambda text: _INTEGER.fullmatch(text) is not None)
NUMBER = _of_type("number", "float_type", lambda value: type(value) in (int, float), is_number)
# A datetime comes from the form of an upload, and from worlds that are written in Python.
_TIME = _of_type(
    "string", "datetime_type", lambda value: isinstance(value, (str, datetime)), lambda text: not is_number(text)
)

Boolean = Annotated[bool, BOOLEAN]
Moment = Annotated[datetime, WrapValidator(_moment_in_utc), _TIME]
# The same in a strict model: JSON has no type for times, so they are strings.
WrittenMoment = Annotated[datetime, Field(strict=False), WrapValidator(_moment_in_utc), _TIME]
WrittenMomentOrNone = WrittenMoment | None
# A time of a world, in any form that pydantic converts, as a timestamp in UTC.
Timestamp = Annotated[str, GetPydanticSchema(_schema_of_timestamp)]
