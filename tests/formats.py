"""What a sample log of a format reads as; `python -m tests.formats` writes their `expected.tsv` anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from pcmklog.catalog import Catalog
from pcmklog.scan import Scanner, Summary
from tests.corpus import ROOT

SAMPLES = ROOT / "sample_logs" / "formats"
EXPECTED = ".expected.tsv"
NAMES = ("line", "stamp", "host", "daemon", "pid", "subsystem", "level", "kind", "text")


@cache
def scanner() -> Scanner:
    """One scanner for all samples: the catalogue takes its time."""
    return Scanner(Catalog.load())


def reading(log: Path) -> str:
    """The events of a log as a table behind a line with the format and the sorts of lines."""
    summary = Summary()
    rows = []
    with log.open("rb") as stream:
        for block in scanner().scan(stream, summary):
            events = zip(*block.columns.values(), strict=True)
            rows += [_row(dict(zip(block.columns, values, strict=True))) for values in events]
    layout = summary.format
    counts = (
        f"{summary.lines} lines = {summary.parsed} parsed + {summary.continued} continued + {summary.unknown} unknown"
    )
    return "\n".join([f"# {layout}: {counts}", "\t".join(NAMES), *rows, ""])


def _row(event: dict[str, Any]) -> str:
    pid = "" if event["pid"] is None else event["pid"]
    rest = (event[name] for name in ("subsystem", "level", "kind", "text"))
    cells = (event["line"], _stamp(event), event["host"], event["daemon"], pid, *rest)
    return "\t".join(str(cell).replace("\t", " ").strip() for cell in cells)


def _stamp(event: dict[str, Any]) -> str:
    """ISO; `0000` for a stamp without a year, in brackets what was taken from the line before."""
    if event["local"] is None:
        return ""
    moment = datetime.fromtimestamp(round(event["local"], 6), UTC).replace(tzinfo=None)
    year = f"{event['year']:04d}" if event["year"] >= 1000 else "0000"
    text = year + moment.isoformat(timespec="microseconds" if event["digits"] > 0 else "seconds")[4:]
    if event["zone"] is not None:
        text += str(timezone(timedelta(seconds=event["zone"])))[3:] or "Z"
    return f"({text})" if event["digits"] < 0 else text


def logs() -> list[Path]:
    """The sample logs; a format has a folder with one log or several."""
    return sorted(path for path in SAMPLES.glob("*/*") if not path.name.endswith(EXPECTED))


def expected(log: Path) -> Path:
    """The file that says what a log reads as."""
    return log.with_name(log.name + EXPECTED)


def main() -> None:
    """Write the expected readings anew; look at the difference before it is kept."""
    for log in logs():
        expected(log).write_text(reading(log), "utf-8")


if __name__ == "__main__":
    main()
