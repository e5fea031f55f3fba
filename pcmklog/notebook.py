"""An analysed bundle in a notebook: its tables as pandas data frames, its timeline as a plotly figure.

    from pcmklog.notebook import Analysis

    case = Analysis("customer.tar.bz2")
    case.findings[["code", "node", "at", "title"]]
    case.events.query("daemon == 'corosync'")
    case.frame("select node, count(*) as lines from event group by node")
    case.figure().show()

The tables and their columns are described in `sql/schema.sql` and `sql/derive.sql`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import pandas as pd
import plotly.graph_objects as go

from pcmklog.analyze import Options, examine, told
from pcmklog.report import figure

SECONDS = {
    "event": ("ts", "logged"),
    "life": ("began", "ready", "stopping", "ended"),
    "sequence": ("began", "ended"),
    "state": ("since", "until"),
}
"""Table -> its columns that are seconds since 1970; a data frame has them as moments in UTC."""


class Analysis:
    """One bundle, read and examined at once.

    `bundles` are what `pcmklog analyze` takes, a kept database too.  Raises PcmklogError as `analyze.analyze` does.
    """

    def __init__(self, *bundles: str | Path, **options: Unpack[Options]) -> None:
        self._done = examine([Path(bundle) for bundle in bundles], **options)
        self._secrets = options.get("secrets", False)

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report, in the shape of the JSON report."""
        return told(self._done, secrets=self._secrets)

    def frame(self, query: str, *values: object) -> pd.DataFrame:
        """The rows of a query in SQL; times are seconds since 1970, as in the tables."""
        return self._done.store.frame(query, *values)

    @property
    def events(self) -> pd.DataFrame:
        """One row an event, in order of time: `ts` on the cluster's clock, `logged` as the node wrote it, both UTC."""
        return self._table("event", "ts nulls first, source, line")

    @property
    def lives(self) -> pd.DataFrame:
        """One row an incarnation of a daemon."""
        return self._table("life", "node, began nulls first, id")

    @property
    def sequences(self) -> pd.DataFrame:
        """One row a start or stop of a node."""
        return self._table("sequence", "began nulls first, id")

    @property
    def findings(self) -> pd.DataFrame:
        """One row a finding, as in the report; `at` and `until` are moments in UTC, None where not known."""
        found = pd.DataFrame(self.report["findings"])
        for name in ("at", "until"):
            if name in found:
                found[name] = pd.to_datetime(found[name], utc=True, format="ISO8601")
        return found

    def figure(self) -> go.Figure:
        """The timeline of the report, as far as it fits into a figure."""
        return figure.plot(self.report)

    def _table(self, table: str, order: str) -> pd.DataFrame:
        rows = self.frame(f"from {table} order by {order}")
        for name in SECONDS[table]:
            rows[name] = pd.to_datetime(rows[name], unit="s", utc=True)
        return rows
