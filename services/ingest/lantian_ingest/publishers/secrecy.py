"""What of a publisher's document may lie in raw-frames.v1 as it came, and what is masked and sealed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from lantian_ingest.decoders.records.documents import Document
from lantian_ingest.decoders.records.kinds import Kind
from lantian_ingest.decoders.records.rows import Checked
from lantian_ingest.sealing import MASK, Sealer, Span

ENCODINGS: Final = ("utf-8", "gb18030")


class Kept(NamedTuple):
    """Bytes and headers for raw-frames.v1."""

    raw: bytes
    headers: list[tuple[str, bytes]]


class Secrecy:
    """Decides by kind. Without a sealer documents with identities are refused, and nothing of them is kept."""

    def __init__(self, sealer: Sealer | None) -> None:
        self._sealer = sealer

    def kept(
        self,
        body: bytes,
        document: Document | None,
        checked: Checked | None,
        allowed: Mapping[str, Kind],
        charset: str,
        now_ms: int,
    ) -> Kept:
        """A document whose kinds are all known and name nobody is kept as it came.

        Of one with identities, each place where an identity or text of it stands is masked; all of it, when something
        is wrong with it or a place can not be found (escaped text). What could not be read may be anything: masked
        whole where that can be undone.
        """
        named = [allowed.get(str(row.get("feed"))) for row in document.rows] if document is not None else [None]
        if all(kind is not None and not kind.identities for kind in named):
            return Kept(body, [])
        if self._sealer is None:
            secret = any(kind is not None and kind.identities for kind in named)
            return Kept(MASK * max(1, len(body)) if secret else body, [])
        spans: list[Span] | None = None
        if document is not None and checked is not None and not checked.errors:
            spans = _spans(body, document, allowed)
        sealed = self._sealer.seal(body, [(0, len(body))] if spans is None else spans, now_ms)
        return Kept(sealed.masked, sealed.headers())


def _secrets(document: Document, allowed: Mapping[str, Kind]) -> Iterator[Any]:
    for row in document.rows:
        kind = allowed[str(row["feed"])]
        for column, sent in row.items():
            item = kind.item(column)
            if item is not None and kind.identities and (item.identity or item.text):
                yield sent.get("value") if isinstance(sent, Mapping) else sent


def _spans(body: bytes, document: Document, allowed: Mapping[str, Kind]) -> list[Span] | None:
    """Every place of every secret; None when one is not found as it was read."""
    spans: list[Span] = []
    for secret in {str(value) for value in _secrets(document, allowed) if value not in (None, "")}:
        found = [span for encoding in ENCODINGS for span in _places(body, secret.encode(encoding))]
        if not found:
            return None
        spans += found
    return spans


def _places(body: bytes, secret: bytes) -> Iterator[Span]:
    at = body.find(secret)
    while at >= 0:
        yield at, at + len(secret)
        at = body.find(secret, at + 1)
