"""Signs and reads tokens (JWT, HS256) with PyJWT, which is an extra."""

import json
from datetime import UTC, datetime
from typing import Any

from ..domain.access import Scope
from ..domain.clock import microseconds, timestamp
from ..domain.errors import ExpiredToken, InvalidToken, RefusedExpiry, UnreadableToken
from ..extras import needs

_ALGORITHM = "HS256"


class Keyring:
    """Signs and reads the tokens of one secret.

    The claims are `t` (any string), `exp` (a time in ISO 8601), `ad` (a truthy value for an admin), and `w`, `p` and
    `s` (the workspace, peer and session that the token gives access to).

    Raises ImportError if PyJWT is missing, and ValueError for a secret that cannot sign.
    """

    def __init__(self, secret: str) -> None:
        try:
            import jwt
            from jwt.algorithms import HMACAlgorithm
        except ImportError as error:
            raise ImportError(needs("Authentication", "auth")) from error

        class AnyLength(HMACAlgorithm):
            """Accepts short secrets without a warning: the data of a test needs no protection."""

            def check_key_length(self, key: Any) -> None:  # noqa: ARG002 - the signature is PyJWT's
                return None

        self._failure = jwt.PyJWTError
        # PyJWT checks the signature only. It would check the times in the claims against the real clock.
        self._signatures = jwt.PyJWS(algorithms=[])
        self._signatures.register_algorithm(_ALGORITHM, AnyLength(AnyLength.SHA256))
        self._secret = secret
        if secret == "":
            raise ValueError("auth_secret is empty: it must have at least one character")
        try:
            self._signatures.encode(b"{}", secret, _ALGORITHM)
        except (TypeError, UnicodeEncodeError, self._failure) as error:
            raise ValueError(f"auth_secret cannot sign: {error}") from None

    def sign(self, scope: Scope, now: int, expires_at: datetime | None = None) -> str:
        """A token of this scope. `now` is in microseconds since 1970; an `expires_at` without a time zone is in UTC."""
        claims = {
            "t": timestamp(now),
            "exp": None if expires_at is None else timestamp(microseconds(expires_at)),
            "ad": scope.admin or None,
            "w": scope.workspace,
            "p": scope.peer,
            "s": scope.session,
        }
        return self.sign_claims({name: value for name, value in claims.items() if value is not None})

    def sign_claims(self, claims: dict[str, Any]) -> str:
        """A token with exactly these claims."""
        return self._signatures.encode(json.dumps(claims).encode(), self._secret, _ALGORITHM)

    def read(self, token: str, now: int, *, refuses_expiry: bool = False) -> Scope:
        """The scope of a token at the time `now`, in microseconds since 1970.

        Raises Unauthorized if the token is broken, has another signature, or has expired; with `refuses_expiry`
        for every token that has an expiry.
        """
        claims = self.claims_of(token)
        if not _is_valid(claims, now):
            raise InvalidToken
        expires = claims.get("exp")
        if expires is not None and refuses_expiry:
            raise RefusedExpiry
        if expires is not None and _moment(expires) < now:
            raise ExpiredToken(expires)
        named = {name: claims.get(claim) for name, claim in (("workspace", "w"), ("peer", "p"), ("session", "s"))}
        return Scope(admin=bool(claims.get("ad")), **named)

    def claims_of(self, token: str) -> dict[str, Any]:
        """The claims of a token. Only the signature is checked. Raises Unauthorized."""
        try:
            claims = json.loads(self._signatures.decode(token, self._secret, [_ALGORITHM]))
        except (self._failure, ValueError, RecursionError):
            raise UnreadableToken from None
        if not isinstance(claims, dict):
            raise UnreadableToken
        return claims


def _is_valid(claims: dict[str, Any], now: int) -> bool:
    """Whether the standard claims of JWT that Honcho does not use pass the checks of the live server's library."""
    try:  # The library also accepts numbers as strings.
        starts = [int(claims[name]) for name in ("nbf", "iat") if name in claims]
    except (TypeError, ValueError, OverflowError):
        return False
    is_named = all(isinstance(claims.get(name, ""), str) for name in ("sub", "jti"))
    return is_named and not claims.get("aud") and all(start * 1_000_000 <= now for start in starts)


def _moment(expiry: Any) -> int:
    """An `exp` in microseconds since 1970. It is ISO 8601, as the API writes it, or seconds, as JWT defines it."""
    try:
        moment = datetime.fromisoformat(expiry) if isinstance(expiry, str) else datetime.fromtimestamp(expiry, UTC)
        return microseconds(moment)
    except (TypeError, ValueError, OverflowError, OSError):
        raise InvalidToken from None
