"""The divisions of registry.v1 that do not hang where their code says: what scopes are drawn from."""

from google.protobuf.message import DecodeError

from lantian_kit.access.divisions import Division, Divisions
from lantian_proto.v1.registry_pb2 import RegistryChange

KIND = "division"


class DivisionTable:
    """Fed by `apply` with the records of registry.v1; other kinds are passed over."""

    def __init__(self) -> None:
        self._rows: dict[str, Division] = {}
        self._divisions = Divisions()

    @property
    def divisions(self) -> Divisions:
        """As the registry says now; their dates tell when they hold."""
        return self._divisions

    def apply(self, key: str, value: bytes | None) -> None:
        """Takes one record. Raises ValueError for one that can not be read."""
        kind, _, code = key.partition("/")
        if kind != KIND:
            return
        self._rows.pop(code, None)
        if value is not None:
            try:
                change = RegistryChange.FromString(value)
            except DecodeError as error:
                raise ValueError(f"no RegistryChange: {error}") from error
            attributes = change.item.attributes
            parent, successor = attributes.get("parent_code", ""), attributes.get("successor_code", "")
            if not change.voided and (parent or successor):
                self._rows[code] = Division(code, parent, successor, change.valid_from_ms, change.valid_to_ms)
        self._divisions = Divisions(tuple(self._rows.values()))
