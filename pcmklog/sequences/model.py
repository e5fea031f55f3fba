"""The models: which steps a start and a stop have, per stack and release; data in `models/*.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from pcmklog.words import version_key

__all__ = ["Model", "StepModel", "child_order", "model", "version_key", "within"]


@dataclass(frozen=True)
class StepModel:
    """One step as the model files describe it, see `models/common.toml`."""

    step: str
    kinds: frozenset[str]
    layer: str
    required: bool = False
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    slow: float | None = None
    goal: bool = False
    unexpected: bool = False
    each_child: bool = False
    quiet: str = ""
    goal_of_quiet: bool = False
    daemon: frozenset[str] = frozenset()
    field: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """All steps of one stack."""

    stack: str
    startup: tuple[StepModel, ...]
    shutdown: tuple[StepModel, ...]


def within(version: str | None, versions: str) -> bool:
    """Whether a release lies in a range such as `1.1.7-1.1.24` (both ends included)."""
    low, _, high = versions.partition("-")
    key = version_key(version)[:3]
    return bool(key) and version_key(low) <= key <= version_key(high)


@cache
def model(stack: str) -> Model:
    """The steps of a stack: those of its files, in the order of the files' names."""
    used = [data for data in _written() if stack in data.get("stacks", [stack])]
    startup, shutdown = (
        tuple(_step(row) for data in used for row in data.get(kind, [])) for kind in ("startup", "shutdown")
    )
    return Model(stack, startup, shutdown)


@cache
def kinds() -> frozenset[str]:
    """The kinds of events that are a step of any stack."""
    rows = [row for data in _written() for kind in ("startup", "shutdown") for row in data.get(kind, [])]
    return frozenset(kind for row in rows for kind in row["kinds"])


@cache
def _written() -> tuple[Mapping[str, Any], ...]:
    """The files of the models in the order of their names."""
    folder = files("pcmklog.sequences").joinpath("models")
    written = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda e: e.name)
    return tuple(tomllib.loads(entry.read_text("utf-8")) for entry in written if entry.name != "orders.toml")


@cache
def child_order(parent: str, version: str | None) -> tuple[str, ...]:
    """The roles in the order in which a parent (`messaging`, `mcp`) of this Pacemaker forks them; () if unknown."""
    data = tomllib.loads(files("pcmklog.sequences").joinpath("models", "orders.toml").read_text("utf-8"))
    for row in data["order"]:
        if row["parent"] == parent and within(version, row["versions"]):
            return tuple(row["roles"])
    return ()


def _step(row: Mapping[str, Any]) -> StepModel:
    values = dict(row)
    for name in ("kinds", "daemon"):
        values[name] = frozenset(values.get(name, ()))
    for name in ("after", "before"):
        values[name] = tuple(values.get(name, ()))
    return StepModel(**values)
