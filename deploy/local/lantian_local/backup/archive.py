"""The file of a backup: a zip of BSON per collection, and a manifest with counts, hashes, indexes and offsets."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import bson
from bson.raw_bson import RawBSONDocument

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
LARGEST_DOCUMENT: Final = 64 * 1024 * 1024


class Unsound(Exception):
    """The file is no backup, or not what was written; nothing may be restored from it."""


@dataclass
class Collection:
    """What one collection holds; `indexes` are as pymongo's `index_information` gives them, without `_id_`."""

    documents: int
    sha256: str
    indexes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Manifest:
    """`offsets`: group, topic, partition (as text) and the offset the group had committed before the first read."""

    created_ms: int
    snapshot: bool
    databases: dict[str, dict[str, Collection]] = field(default_factory=dict)
    offsets: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)


class Writer:
    """`with Writer(path) as archive`: the file appears when everything is in it, and not at all after an error."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.draft")
        self._manifest = manifest
        self._zip: zipfile.ZipFile

    def __enter__(self) -> Self:
        self._zip = zipfile.ZipFile(self._draft, "w", zipfile.ZIP_DEFLATED)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            text = json.dumps(asdict(self._manifest) | {"format": FORMAT}, indent=1, sort_keys=True)
            self._zip.writestr(MANIFEST, text)
        self._zip.close()
        if error is None:
            self._draft.replace(self._path)
        else:
            self._draft.unlink()

    def add(self, database: str, name: str, documents: Iterable[RawBSONDocument], indexes: dict[str, Any]) -> int:
        """One collection; how many documents it had."""
        count, digest = 0, hashlib.sha256()
        with self._zip.open(_entry(database, name), "w", force_zip64=True) as file:
            for document in documents:
                file.write(document.raw)
                digest.update(document.raw)
                count += 1
        found = Collection(count, digest.hexdigest(), indexes)
        self._manifest.databases.setdefault(database, {})[name] = found
        return count


class Reader:
    """`with Reader(path) as archive`. Raises Unsound for what is no backup."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            raw = json.loads(self._zip.read(MANIFEST))
        except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
            raise Unsound(f"{path} is no backup: {error}") from error
        if raw.pop("format", None) != FORMAT:
            raise Unsound(f"{path}: this release reads format {FORMAT}")
        for collections in raw["databases"].values():
            for name, fields in collections.items():
                collections[name] = Collection(**fields)
        self.manifest = Manifest(**raw)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def check(self) -> None:
        """Reads everything once against the manifest. Raises Unsound."""
        for database, collections in self.manifest.databases.items():
            for name, told in collections.items():
                count, digest = 0, hashlib.sha256()
                try:
                    for document in self.documents(database, name):
                        count += 1
                        digest.update(document.raw)
                except (bson.InvalidBSON, zipfile.BadZipFile, KeyError) as error:
                    raise Unsound(f"{database}.{name} can not be read: {error}") from error
                if (count, digest.hexdigest()) != (told.documents, told.sha256):
                    raise Unsound(f"{database}.{name} is not what was written")

    def documents(self, database: str, name: str) -> Iterator[RawBSONDocument]:
        """The documents of a collection, in the order in which they were read."""
        with self._zip.open(_entry(database, name)) as file:
            while head := file.read(4):
                size = int.from_bytes(head, "little")
                if not 5 <= size <= LARGEST_DOCUMENT:
                    raise bson.InvalidBSON(f"a document of {size} bytes")
                yield RawBSONDocument(head + file.read(size - 4))


def _entry(database: str, name: str) -> str:
    return f"{database}/{name}.bson"
