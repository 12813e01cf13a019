"""Somebody with the keys of the store changes the audit of a running suite; `lantian audit` finds it and undoes it.

`make recovery` runs it; what was found stands in bench/results/tampering.md.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner

from bench.pages import keep
from lantian_local.__main__ import app
from lantian_local.audit import DATABASE
from lantian_local.demo.stage import Stage
from lantian_local.layout import ClockSetting
from lantian_local.suite import Suite
from tests.e2e.wire import site
from tests.recovery.test_recovery import EPOCH_MS, FACTOR, LIMIT, ROOT, exceed, feed, until
from tests.support.tasks_tampering import WAYS

ISSUES = 3
AT = 2
"""Place of the entry that is tampered with, from 0."""


def audit(*arguments: str) -> tuple[int, str]:
    """Exit code and output of `lantian audit`."""
    done = CliRunner().invoke(app, ["audit", *arguments])
    return done.exit_code, done.output


class Chain:
    """The longest chain of a county in the store of the suite, as whoever holds its keys sees it."""

    def __init__(self, url: str) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(url)
        self._links = self._client[DATABASE]["audit"]
        counted = self._links.aggregate([{"$group": {"_id": "$chain", "count": {"$sum": 1}}}])
        counts = {row["_id"]: row["count"] for row in counted if row["_id"] != "access"}
        self.name = str(max(counts, key=lambda name: counts[name]))
        self.rows = list(self._links.find({"chain": self.name}, {"_id": 0}).sort("sequence", 1))

    def put(self, rows: list[dict[str, Any]]) -> None:
        """These entries in place of all."""
        self._links.delete_many({"chain": self.name})
        if rows:
            self._links.insert_many([dict(row) for row in rows])

    def close(self) -> None:
        """Lets the store go."""
        self._client.close()


async def _all_is_anchored(places: tuple[str, ...]) -> bool:
    code, said = await asyncio.to_thread(audit, "verify", "--json", *places)
    report = json.loads(said) if code in (0, 1) else {}
    return code == 0 and report["documents"] >= 2 * ISSUES and report["entries"] == report["anchored"]


@pytest.mark.timeout(600)
async def test_whatever_is_done_to_a_chain_is_found_and_undone(tmp_path: Path) -> None:
    """Each way at its entry, by the command an operator gives; then the topic brings back what was written."""
    clock = ClockSetting.starting_now(1.0, EPOCH_MS)
    suite = Suite(home=tmp_path / "suite", clock=clock, jar_cache=ROOT / ".local" / "jars", partitions=1)
    said: dict[str, str] = {}
    async with suite, Stage(suite) as stage:
        rows = [row for number in range(ISSUES) for row in site(stage, feed(number), FACTOR, LIMIT)]
        await stage.register(list({(row["kind"], row["id"]): row for row in rows}.values()))
        for number in range(ISSUES):
            await exceed(stage, number)
        places = ("--store", suite.layout.store_url, "--kafka", suite.kafka_bootstrap)
        await until(lambda: _all_is_anchored(places))
        chain = await asyncio.to_thread(Chain, suite.layout.store_url)
        for name, way in WAYS.items():
            await asyncio.to_thread(chain.put, way(chain.rows, AT))
            code, output = await asyncio.to_thread(audit, "verify", *places)
            assert code == 1, output
            said[name] = output.splitlines()[0]
            assert said[name].startswith(f"chain {chain.name}, entry {AT + 1}: "), (name, output)
            if name not in ("deletion", "truncation"):
                # What is wrong must go before what was written can take its place; nobody mends an entry by hand.
                await asyncio.to_thread(chain.put, chain.rows[:AT])
            code, output = await asyncio.to_thread(audit, "restore", *places)
            assert code == 0, output
            code, output = await asyncio.to_thread(audit, "verify", *places)
            assert code == 0, (name, output)
        length, chain_name = len(chain.rows), chain.name
        chain.close()
    table: list[tuple[object, ...]] = [("done to the chain", "`lantian audit verify` says first"), *said.items()]
    text = (
        f"A running suite with {ISSUES} issues; the chain of county {chain_name} had {length} entries when it\n"
        f"was read and grew meanwhile, all anchored in `audit.v1`. Entry {AT + 1} is tampered with in the store,\n"
        "`lantian audit verify` is run (exit code 1), then `lantian audit restore`, after the wrong\n"
        "entries were taken out, and `verify` again (exit code 0); `make recovery`."
    )
    keep("tampering", {"entries": length, "found": said}, "Tampering with the audit of a running suite", text, table)
