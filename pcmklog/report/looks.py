"""How things look on the timeline: by words, colour, and shape or hatching, for nothing is told by colour alone."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """Words for the legend, the variable of the style sheet, its value on paper, the hatching (as plotly names it)."""

    words: str
    variable: str
    colour: str
    hatch: str = ""


LIVES = {
    "running": Look("running at the end", "--life-running", "#6ea3d8"),
    "stopped": Look("stopped in order", "--life-stopped", "#a9bccf"),
    "exited": Look("exited by itself", "--life-exited", "#d28a16", "/"),
    "killed": Look("killed", "--life-killed", "#cf4436", "x"),
    "lost": Look("lost", "--life-lost", "#8a5cc2", "\\"),
    "unknown": Look("end not known", "--life-unknown", "#9aa2ab", "."),
}
"""How a daemon's life ended."""

BANDS = {
    "whole": Look("all members, quorate", "--band-whole", "#58a99c"),
    "quorate": Look("quorate", "--band-quorate", "#58a99c"),
    "degraded": Look("members missing, quorate", "--band-degraded", "#a3d0c7", "-"),
    "inquorate": Look("no quorum", "--band-inquorate", "#eda05c", "/"),
    "split": Look("nodes apart", "--band-split", "#d98bbd", "x"),
    "member": Look("members, quorum not told", "--band-member", "#a9bed6"),
    "down": Look("down", "--band-down", "#d5dae0"),
    "dc": Look("DC", "--band-dc", "#1b2129"),
}
"""What a node or the cluster was."""

MARKS = {
    "step": Look("step of a start or stop", "--event", "#5b6570"),
    "event": Look("key event", "--event", "#5b6570"),
    "ring": Look("membership formed", "--ring", "#5b6570"),
    "hole": Look("no log", "--hole", "#8b95a0", "/"),
    "lines": Look("lines", "--lines", "#93a1b0"),
    "severe": Look("severe lines", "--critical", "#b3122f"),
    "fenced": Look("fencing succeeded", "--fence", "#6b21a8"),
    "unfenced": Look("fencing failed", "--critical", "#b3122f"),
    "fencing": Look("fencing without result", "--fence", "#6b21a8"),
}

SEVERITY = {
    "critical": Look("critical", "--critical", "#b3122f"),
    "error": Look("error", "--error", "#c2410c"),
    "warning": Look("warning", "--warning", "#8a6100"),
    "info": Look("info", "--info", "#2563a8"),
}

LOOKS = LIVES | BANDS | MARKS | SEVERITY

FAMILIES = {
    "ORD": "order",
    "FRK": "forks",
    "VER": "versions",
    "MEM": "membership",
    "QRM": "quorum",
    "FEN": "fencing",
    "CFG": "configuration",
    "RSC": "resources",
    "CLK": "clocks",
    "SYS": "machine",
    "LOG": "logs",
}
"""What the families of rules are about."""
