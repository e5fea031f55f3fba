"""What a program is, by the name that it logs under; the data stands in `daemons.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

PACEMAKER_CHILDREN = ("cib", "fencer", "executor", "attrd", "scheduler", "controller")


@cache
def _table() -> dict[str, tuple[str, str]]:
    data = tomllib.loads(files("pcmklog").joinpath("daemons.toml").read_text("utf-8"))["family"]
    return {name: (role, family) for family, roles in data.items() for role, names in roles.items() for name in names}


def role(daemon: str) -> str:
    """What the daemon does: `messaging`, `mcp`, `controller` ...; an empty string for a program that we do not know."""
    return _table().get(daemon, ("", ""))[0]


def family(daemon: str) -> str:
    """Which suite the daemon belongs to: `corosync`, `pacemaker`, `cman`, `heartbeat`, `sbd`, `system` or nothing."""
    return _table().get(daemon, ("", ""))[1]


def names() -> dict[str, str]:
    """All known programs with their roles."""
    return {name: role for name, (role, _) in _table().items()}
