"""The kinds of records: what a publisher may send, by which name, in which unit. The table is kinds.yaml."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from lantian_ingest.decoders.records.units import scale
from lantian_proto.factors import Factor, by_code
from lantian_proto.readings import Period

LARGEST: Final = 1e12  # of a value whose field names no bound
PERIODS: Final[Mapping[str, Period]] = {
    "real-time": Period.REAL_TIME,
    "minute": Period.MINUTE,
    "hour": Period.HOUR,
    "day": Period.DAY,
}
RESERVED: Final = frozenset({"feed", "time", "period", "flag", "kind"})

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
PeriodName = Literal["real-time", "minute", "hour", "day"]


class Item(BaseModel):
    """One field of a record. Bounds are in `unit`, both inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factor: str = ""
    unit: str = ""
    least: float = -LARGEST
    largest: float = LARGEST
    required: bool = False
    values: dict[str, int] = Field(default_factory=dict)
    identity: Literal["", "plate", "vin"] = ""
    text: bool = False

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.text:
            if self.factor or self.identity or self.values:
                raise ValueError("a text is no reading")
            return self
        factor = by_code(self.factor)
        if factor is None:
            raise ValueError(f"no factor {self.factor!r}")
        if not self.identity and not self.values and scale(self.unit, factor.unit) is None:
            raise ValueError(f"{self.unit!r} does not convert to {factor.unit!r}")
        return self

    @property
    def known(self) -> Factor:
        """The factor. Raises ValueError for a text."""
        factor = by_code(self.factor)
        if factor is None:
            raise ValueError("a text has no factor")
        return factor


class Kind(BaseModel):
    """A kind of record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    about: str
    standard: str
    periods: Annotated[list[PeriodName], Field(min_length=1)]
    open: list[str] = Field(default_factory=list)
    identities: bool = False
    fields: dict[Name, Item]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        taken = RESERVED & self.fields.keys()
        if taken:
            raise ValueError(f"reserved: {', '.join(sorted(taken))}")
        if self.identities != any(item.identity for item in self.fields.values()):
            raise ValueError("identities: true belongs to kinds with a field that is one")
        if not self.open and not self.fields:
            raise ValueError("nothing can be sent")
        return self

    def item(self, name: str) -> Item | None:
        """The field of a name or of a factor's code, whatever its case; None where the kind has none."""
        folded = name.strip().casefold()
        found = self.fields.get(folded)
        if found is not None:
            return found
        factor = by_code(name.strip())
        if factor is None or not factor.number:
            return None
        for item in self.fields.values():
            if item.factor == factor.code:
                return item
        return Item(factor=factor.code, unit=factor.unit) if factor.kind in self.open else None


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name."""
    text = files(__package__).joinpath("kinds.yaml").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return MappingProxyType({name: Kind(name=name, **row) for name, row in table.items()})
