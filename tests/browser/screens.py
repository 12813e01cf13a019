"""`make screens`: a picture of every page at desk and phone size and by night, each also asked by axe.

Ends with 1 when a page has a serious issue of accessibility, is wider than its window, moves what stands on it by more
than a tenth while it is read (layout shift), or breaks the policy.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.browsers import (
    DESK,
    PHONE,
    SHIFT,
    SMALL,
    chromium,
    listen,
    opened,
    settled,
    shifted,
    too_wide,
    violations,
)
from tests.browser.campaign import HOSTILE
from tests.browser.stage import PLANT, Stage

PLAIN = "石家庄北辰化工有限公司（演示）"
MOST_SHIFT = 0.1
FOLDER = Path(__file__).parents[2] / ".local" / "screens"


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it."""

    name: str
    path: str
    who: str
    phone_too: bool = True
    phone_only: bool = False


def shots(stage: Stage) -> list[Shot]:
    """Every page, with what is there to be seen."""
    issues = stage.call("ministry-1", "GET", "/v1/issues", params={"limit": 500}).json()["items"]
    plain = [row for row in issues if row["enterprise_id"] != "hostile-1"]
    letters = stage.call("office-1", "GET", "/v1/city-letters", params={"state": "sent"}).json()["items"]
    letters += stage.call("ministry-1", "GET", "/v1/city-letters", params={"state": "approved"}).json()["items"]
    papers = {row["state"]: row["letter_id"] for row in letters}
    plans = stage.call("plant-1", "GET", "/v1/plan-documents").json()["items"]
    whole = next(row for row in plain if row["state"] == "verified" and row["rule_id"] == "hour-exceedance")
    fresh = next(row for row in plain if row["state"] == "registered" and row["rule_id"] == "hour-exceedance")
    odd = next(row for row in issues if row["enterprise_id"] == "hostile-1")
    tasks = stage.call("team-1", "GET", "/v1/leads", params={"stage": ["pushed", "accepted"]}).json()["items"]
    visit = next(row for row in tasks if row["stage"] == "accepted")
    own = stage.call("plant-1", "GET", "/v1/issues").json()["items"]
    round_id = stage.call("office-1", "GET", "/v1/rounds").json()["items"][0]["round_id"]
    return [
        Shot("login", "/login", ""),
        Shot("duty", "/", "ministry-1"),
        Shot("leads", "/leads", "ministry-1"),
        Shot("lead", f"/leads/{fresh['lead_id']}", "ministry-1"),
        Shot("lead-manual", f"/leads/{visit['lead_id']}", "office-1"),
        Shot("rounds", "/rounds", "office-1"),
        Shot("round", f"/rounds/{round_id}", "office-1"),
        Shot("issues", "/issues?open=1", "province-1"),
        Shot("issue", f"/issues/{whole['issue_id']}", "ministry-1"),
        Shot("issue-hostile", f"/issues/{odd['issue_id']}", "office-1"),
        Shot("registry", "/registry/enterprise", "admin-1"),
        Shot("registry-limits", "/registry/limit", "admin-1"),
        Shot("source", f"/registry/source/{PLANT.source_id}", "admin-1"),
        Shot("registry-new", "/registry/source/new", "admin-1"),
        Shot("enterprise-hostile", "/registry/enterprise/hostile-1", "admin-1"),
        Shot("changes", "/changes", "ministry-1"),
        Shot("rules", "/rules", "ministry-1"),
        Shot("reports", "/reports", "ministry-1"),
        Shot("city-letters", "/letters", "ministry-1"),
        Shot("city-letter", f"/letters/{papers['sent']}", "office-1"),
        Shot("city-letter-hostile", f"/letters/{papers['approved']}", "province-1"),
        Shot("plans", "/plans", "office-1"),
        Shot("plan", f"/plans/{plans[0]['plan_document_id']}", "ministry-1"),
        Shot("operations", "/operations", "admin-1"),
        Shot("letter", "/operations?letter=ab01cd02ef03", "admin-1"),
        Shot("enterprise", "/enterprise", "plant-1"),
        Shot("enterprise-issue", f"/issues/{own[0]['issue_id']}", "plant-1"),
        Shot("team", "/team", "team-1", phone_only=True),
        Shot("visit", f"/team/{visit['lead_id']}", "team-1", phone_only=True),
        Shot("queue", "/team/queue", "team-1", phone_only=True),
        Shot("nowhere", "/no-such-page", "office-1"),
    ]


def taken(
    browser: Browser, stage: Stage, shot: Shot, shifts: dict[str, float], *, english: bool = False
) -> Iterator[str]:
    """Takes the pictures of a page; yields what is wrong with it. Its layout shifts are put into `shifts`."""
    modes = [("390", PHONE, False), ("360", SMALL, False), ("390-dark", PHONE, True)]
    if not shot.phone_only:
        modes += [("1440", DESK, False), ("1440-dark", DESK, True)]
    for label, size, dark in modes:
        context = opened(browser, stage.url, shot.who, size, dark=dark, english=english)
        context.add_init_script(SHIFT)
        page = context.new_page()
        objections = listen(page)
        page.goto(f"/console{shot.path}")
        settled(page)
        shift, what = shifted(page)
        shifts[f"{shot.name} {label}"] = shift
        if shift > MOST_SHIFT:
            yield f"{shot.name} {label}: what stood there moved by {shift:.2f}: {what}"
        page.screenshot(path=FOLDER / f"{shot.name}-{'en-' if english else ''}{label}.png", full_page=True)
        wide = too_wide(page)
        if wide:
            yield f"{shot.name} {label}: {wide} px too wide"
        if label != "360":
            yield from (f"{shot.name} {label}: {said}" for said in violations(page))
        yield from (f"{shot.name} {label}: {said}" for said in objections if "axe" not in said)
        if page.evaluate("window.pwned === 1"):
            yield f"{shot.name} {label}: a hostile name ran"
        context.close()


def main(names: list[str]) -> int:
    """Takes all pictures, or those of the pages named; --plain: no name is hostile (README), --english: in English."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    shifts: dict[str, float] = {}
    odd = PLAIN if "--plain" in names else HOSTILE
    english = "--english" in names
    names = [name for name in names if not name.startswith("--")]
    with Stage(odd) as stage, chromium() as browser:
        for shot in shots(stage):
            if names and shot.name not in names:
                continue
            found = list(taken(browser, stage, shot, shifts, english=english))
            wrong += found
            sys.stdout.write(f"{shot.name}: {'; '.join(found) or 'ok'}\n")
            sys.stdout.flush()
    most = sorted(shifts.items(), key=lambda one: -one[1])[:5]
    sys.stdout.write("most layout shift: " + ", ".join(f"{name} {shift:.3f}" for name, shift in most) + "\n")
    sys.stdout.write(f"pictures in {FOLDER}; {len(wrong)} objections\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
