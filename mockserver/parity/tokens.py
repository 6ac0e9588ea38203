"""Signs the tokens of requests again, for another server and other ids."""

from ..domain.errors import Unauthorized
from ..formats.keyring import Keyring
from .recordings import Json
from .renaming import Rename, mapped


def signed_again(request: Json, old: Keyring, new: Keyring, workspace: Rename, session: Rename) -> Json:
    """The request with its token signed with the secret of `new`, and for the renamed ids.

    A token that `old` did not sign stays as it is.
    """
    headers = request.get("headers", {})
    scheme, _, token = headers.get("Authorization", "").rpartition(" ")
    try:
        claims = old.claims_of(token)
    except Unauthorized:
        return request
    for claim, rename in (("w", workspace), ("s", session)):
        if claim in claims:
            claims[claim] = mapped(claims[claim], rename)
    return {**request, "headers": {**headers, "Authorization": f"{scheme} {new.sign_claims(claims)}"}}
