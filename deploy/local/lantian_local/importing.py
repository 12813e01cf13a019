"""`lantian import`: CSV and XLSX files through POST /v1/readings, with a report row by row."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lantian_local import state as states
from lantian_local.ingest_keys import keys
from lantian_local.layout import DEFAULT_HOME

TEMPLATE = "template"
KINDS = "kinds"


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .csv or .xlsx file; or the word template, or kinds.")],
    kind: Annotated[
        str, typer.Option(help="Kind of the records, e.g. station; `lantian import kinds` lists them.")
    ] = "",
    feed: Annotated[str, typer.Option(help="Feed of all rows, for files without a column feed.")] = "",
    sheet: Annotated[str, typer.Option(help="Sheet of an .xlsx file; default: the first.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Judge every row and say what is wrong; keep nothing.")] = False,
    skip: Annotated[bool, typer.Option(help="Take the good rows although others are refused.")] = False,
    encoding: Annotated[str, typer.Option(help="Of a .csv file: utf-8 or gbk.")] = "utf-8",
    rows_at_once: Annotated[int, typer.Option(min=1, max=10_000, help="Rows of one batch.")] = 2000,
    output: Annotated[Path | None, typer.Option(help="Where the template goes; default: <kind>.csv.")] = None,
    url: Annotated[str, typer.Option(envvar="LANTIAN_INGEST_URL", help="Of ingest; default: the local suite's.")] = "",
    key: Annotated[str, typer.Option(envvar="LANTIAN_PUBLISHER_KEY", help="API key; default: the local suite's.")] = "",
    home: Annotated[Path, typer.Option(envvar="LANTIAN_LOCAL_HOME", help="Folder of the local suite.")] = DEFAULT_HOME,
) -> None:
    """Import a file of records. Without --skip a batch with a mistake is refused as a whole.

    Doing it twice does no harm: a batch has an Idempotency-Key made of its rows, and equal readings are one.
    """
    from lantian_local import table_files

    if file == KINDS:
        sys.stdout.write(table_files.described_kinds())
        return
    try:
        if file == TEMPLATE:
            written = table_files.write_template(kind, output)
            sys.stdout.write(f"{written}\n")
            return
        rows = table_files.read(Path(file), sheet, encoding)
        url, key = url or _own_url(home), key or keys(home.resolve())["publisher"]
        batches = table_files.batches(rows, kind, feed, rows_at_once)
        report = table_files.send(url, key, batches, dry_run=dry_run, skip=skip)
    except (ValueError, LookupError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from error
    for line in report.lines():
        sys.stdout.write(f"{line}\n")
    raise typer.Exit(0 if report.clean else 1)


def _own_url(home: Path) -> str:
    state = states.read(home.resolve())
    if state is None or "ingest" not in state.parts:
        raise LookupError(f"nothing is up in {home}; name ingest with --url and a key with LANTIAN_PUBLISHER_KEY")
    return state.parts["ingest"].address
