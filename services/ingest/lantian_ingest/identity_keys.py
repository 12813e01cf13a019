"""The two keys that protect identities, from settings."""

from typing import NamedTuple

from lantian_ingest.sealing import KEY_BYTES, Sealer
from lantian_ingest.settings import IngestSettings


class UnusableKey(ValueError):
    """A key can not be used; the process must not start without the protection it was meant to have."""


class Keys(NamedTuple):
    """`identity` makes pseudonyms, `sealer` keeps the originals: who holds one need not hold the other."""

    identity: bytes
    sealer: Sealer


def keys_of(settings: IngestSettings) -> Keys | None:
    """The keys; None when neither is set. Raises UnusableKey when one is missing, too short or not hexadecimal."""
    found = {}
    for name in ("identity_key", "evidence_key"):
        text = getattr(settings, name).get_secret_value().strip()
        try:
            found[name] = bytes.fromhex(text)
        except ValueError:
            raise UnusableKey(f"LANTIAN_{name.upper()} is not hexadecimal") from None
    if not any(found.values()):
        return None
    for name, key in found.items():
        if len(key) < KEY_BYTES:
            raise UnusableKey(f"LANTIAN_{name.upper()} has {len(key)} bytes, {KEY_BYTES} needed")
    if found["identity_key"] == found["evidence_key"]:
        raise UnusableKey("LANTIAN_IDENTITY_KEY and LANTIAN_EVIDENCE_KEY are to be different")
    return Keys(found["identity_key"], Sealer(found["evidence_key"]))
