"""Who may ask for what belongs to no division: the operator, by a key, or whoever is on the machine itself."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from fastapi import HTTPException, Request

LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


def guard(key_sha256: str) -> Callable[[Request], None]:
    """A dependency: lets in who knows the operator's key; without a key only this machine. Raises 401, 403."""

    def check(request: Request) -> None:
        if key_sha256:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            digest = hashlib.sha256(key.encode()).hexdigest()
            if scheme.lower() != "bearer" or not hmac.compare_digest(digest, key_sha256.lower()):
                raise HTTPException(401, "a key is needed", headers={"WWW-Authenticate": "Bearer"})
        elif request.client is None or request.client.host not in LOOPBACK:
            raise HTTPException(403, "without LANTIAN_OPERATOR_KEY_SHA256 only from the machine itself")

    return check
