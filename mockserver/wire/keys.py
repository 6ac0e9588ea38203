"""Keys as they are sent: tokens (JWT, HS256), signed and read with PyJWT, which is an extra."""

import json
from datetime import UTC, datetime
from typing import Any

from ..domain.access import Scope
from ..domain.clock import microseconds, timestamp
from ..domain.errors import ExpiredToken, InvalidToken, RefusedExpiry, UnreadableToken
from .extras import needs

_ALGORITHM = "HS256"


class Keyring:
    """Makes and reads the tokens of one secret.

    The claims are `t` (any text), `exp` (a time in ISO 8601), `ad` (true for an admin), `w`, `p` and `s` (the
    workspace, peer and session that it is for). Raises ImportError where PyJWT is missing, ValueError for a secret
    that cannot sign.
    """

    def __init__(self, secret: str) -> None:
        try:
            import jwt
            from jwt.algorithms import HMACAlgorithm
        except ImportError as error:
            raise ImportError(needs("Authentication", "auth")) from error

        class AnyLength(HMACAlgorithm):
            """Without the warning for a short secret: a fake keeps none."""

            def check_key_length(self, key: Any) -> None:  # noqa: ARG002 - PyJWT calls it so
                return None

        self._failure = jwt.PyJWTError
        # The signature is PyJWT's matter. The claims are ours: PyJWT would hold their times against the real clock.
        self._signatures = jwt.PyJWS(algorithms=[])
        self._signatures.register_algorithm(_ALGORITHM, AnyLength(AnyLength.SHA256))
        self._secret = secret
        if secret == "":
            raise ValueError("auth_secret cannot sign: it is empty")
        try:
            self._signatures.encode(b"{}", secret, _ALGORITHM)
        except (TypeError, self._failure) as error:
            raise ValueError(f"auth_secret cannot sign: {error}") from None

    def sign(self, scope: Scope, now: int, expires_at: datetime | None = None) -> str:
        """A token of this scope; `now` is in microseconds since 1970, a naive `expires_at` in UTC."""
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
        """A token of just these claims."""
        return self._signatures.encode(json.dumps(claims).encode(), self._secret, _ALGORITHM)

    def read(self, token: str, now: int, *, refuses_expiry: bool = False) -> Scope:
        """The scope of a token at the time `now`; with `refuses_expiry` only of one without an expiry.

        Raises Unauthorized for one that is broken, signed otherwise, or expired.
        """
        claims = self.claims_of(token)
        if not _is_for_us(claims, now):
            raise InvalidToken
        expires = claims.get("exp")
        if expires is not None and refuses_expiry:
            raise RefusedExpiry
        if expires is not None and _moment(expires) < now:
            raise ExpiredToken(expires)
        named = {name: claims.get(claim) for name, claim in (("workspace", "w"), ("peer", "p"), ("session", "s"))}
        if not all(value is None or isinstance(value, str) for value in named.values()):
            raise InvalidToken
        return Scope(admin=claims.get("ad") is True, **named)

    def claims_of(self, token: str) -> dict[str, Any]:
        """The claims of a token that is signed with the secret, whatever they say. Raises Unauthorized."""
        try:
            claims = json.loads(self._signatures.decode(token, self._secret, [_ALGORITHM]))
        except (self._failure, ValueError, RecursionError):
            raise UnreadableToken from None
        if not isinstance(claims, dict):
            raise UnreadableToken
        return claims


def _is_for_us(claims: dict[str, Any], now: int) -> bool:
    """Whether the claims that are not Honcho's but known to JWT are as the live server's library wants them."""
    begins = [claims[name] for name in ("nbf", "iat") if name in claims]
    is_begun = all(isinstance(moment, (int, float)) and moment * 1_000_000 <= now for moment in begins)
    return is_begun and claims.get("aud") is None and isinstance(claims.get("sub", ""), str)


def _moment(expiry: Any) -> int:
    """Microseconds since 1970 of an `exp`: ISO 8601 as the API writes it, or the seconds that JWT names."""
    try:
        moment = datetime.fromisoformat(expiry) if isinstance(expiry, str) else datetime.fromtimestamp(expiry, UTC)
        return microseconds(moment)
    except (TypeError, ValueError, OverflowError, OSError):
        raise InvalidToken from None
