"""The refusals of the API. Each error carries the data that its answer needs."""

from typing import ClassVar

ID_PATTERN = "^[a-zA-Z0-9_-]+$"
ID_MAX_LENGTH = 512


class ApiError(Exception):
    """An answer other than success: `status` is its HTTP status, `detail` the sentence for the client."""

    status: ClassVar[int]

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequest(ApiError):
    """A limit of the state that it would lead to (recorded: ten observers a session); a form that cannot be read."""

    status = 400


class Unauthorized(ApiError):
    """Authentication is on, and the token is missing, no good, or does not reach so far (recorded in x-auth-scopes)."""

    status = 401


class NotFound(ApiError):
    """What the request names is not there, or not any more."""

    status = 404


class Disabled(ApiError):
    """An operation that needs authentication, which is off (recorded for keys)."""

    status = 405


class Conflict(ApiError):
    """What the request asks is not possible while other things exist."""

    status = 409


class FileTooLarge(ApiError):
    """A file of more bytes than may be uploaded."""

    status = 413


class UnsupportedFile(ApiError):
    """A file of a type that is neither text nor JSON nor PDF (recorded in x-upload)."""

    status = 415


class Unprocessable(ApiError):
    """A request that was parsed and still makes no sense; `place` is where, in the form of a pydantic `loc`."""

    status = 422

    def __init__(self, detail: str, place: tuple[str | int, ...], value: object) -> None:
        super().__init__(detail)
        self.place = place
        self.value = value


class InvalidFilter(Unprocessable):
    """A filter document that cannot be understood; the detail is the one sentence that the live server gives."""

    def __init__(self, detail: str, filters: object = None) -> None:
        super().__init__(detail, ("body", "filters"), filters)


class InvalidId(Unprocessable):
    """An id that would have to be made, and breaks the rule of ids (1 to 512 of `[a-zA-Z0-9_-]`).

    `kind` is what it would be the id of: "workspace", "peer" or "session".
    """

    def __init__(self, kind: str, place: tuple[str | int, ...], value: str) -> None:
        super().__init__(f"{value!r} is no id of a {kind}", place, value)
        self.kind = kind


class ServerFailure(ApiError):
    """The live server fails inside here; raised only with the quirk that asks for it."""

    status = 500
