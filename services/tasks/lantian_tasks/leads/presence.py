"""Where an inspection was begun, judged against where the registry places the source or its enterprise. Pure.

Basis: reference T5 (GPS inside fence). What can not be judged is said so, never passed in silence.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from lantian_proto.both import Both
from lantian_tasks.clocks.facts import Site
from lantian_tasks.evidence.likeness import distance_m
from lantian_tasks.ledger.machine import Field, Situation

FIELDS = tuple(Field(name, "number", required=False) for name in ("latitude", "longitude", "accuracy_m"))
"""What the phone says of where it is: degrees of WGS 84, and metres that it may be wrong by."""


class Verdict(StrEnum):
    """What the position says."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    NO_SITE = "no-site"
    NO_POSITION = "no-position"
    MOBILE = "mobile"


FLAGS: Mapping[str, str] = {
    "outside-fence": "检查地点在登记位置范围以外",
    "registry-no-site": "登记库没有坐标，无法判断检查地点",
    "no-position": "没有提供检查时的定位",
    "position-coarse": "定位误差大于允许范围",
}
"""What people are told of a place that is not simply inside."""


def judged(fields: Mapping[str, Any], site: Site | None, fence_m: int) -> dict[str, Any]:
    """Verdict, flags and distance in metres (-1: unknown); `site_of`: source, enterprise, vehicle, empty: unknown.

    Somebody whose position may be wrong by more than the fence is inside or outside by what is known, and flagged.
    """
    given = "latitude" in fields
    accuracy = float(fields.get("accuracy_m", -1))
    place = site.place if site else None
    away = round(distance_m((fields["latitude"], fields["longitude"]), place)) if given and place else -1
    mobile = site is not None and place is None
    flags = {
        "outside-fence": away > fence_m,
        "registry-no-site": site is None,
        "no-position": not given,
        "position-coarse": given and accuracy > fence_m,
    }
    if mobile:
        verdict = Verdict.MOBILE if given else Verdict.NO_POSITION
    elif site is None:
        verdict = Verdict.NO_SITE
    elif not given:
        verdict = Verdict.NO_POSITION
    else:
        verdict = Verdict.OUTSIDE if away > fence_m else Verdict.INSIDE
    return {
        "verdict": verdict.value,
        "flags": [flag for flag, holds in flags.items() if holds],
        "distance_m": away,
        "fence_m": fence_m,
        "accuracy_m": round(accuracy) if accuracy >= 0 else -1,
        "site_of": site.of if site else "",
    }


def _of(situation: Situation) -> dict[str, Any]:
    return judged(situation.command.fields, situation.facts.site, situation.facts.policy.evidence.fence_m)


def position_whole(situation: Situation) -> str | None:
    """Latitude and longitude come together and lie on the earth."""
    fields = situation.command.fields
    if ("latitude" in fields) != ("longitude" in fields):
        return Both("a position has latitude and longitude", "定位须同时有经度和纬度")
    if "accuracy_m" in fields and (fields["accuracy_m"] < 0 or "latitude" not in fields):
        return Both("an accuracy is metres from 0, of a position", "定位误差应为不小于0的米数，并随定位提供")
    on_earth = abs(fields.get("latitude", 0)) <= 90 and abs(fields.get("longitude", 0)) <= 180
    return None if on_earth else Both("a position is degrees of WGS 84", "定位的经纬度超出范围")


def reason_when_outside(situation: Situation) -> str | None:
    """Who begins an inspection elsewhere says why."""
    found = _of(situation)
    if found["verdict"] != Verdict.OUTSIDE or situation.command.reason.strip():
        return None
    away, most = found["distance_m"], found["fence_m"]
    return Both(
        f"the inspection begins {away} m from the place, {most} m are allowed: give a reason",
        f"检查地点距登记位置 {away} 米，超过 {most} 米，请说明理由",
    )


def sealed(situation: Situation) -> Mapping[str, Any]:
    """What the entry that begins an inspection seals of the place."""
    return {"presence": _of(situation)}
