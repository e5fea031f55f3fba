"""The JSON report: the dictionary itself, in the order the analyser gave it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""What undecodable bytes become; it has no UTF-8 form."""

PAGE_ONLY = frozenset({"events"})
"""What a page browses; programs take all events from `pcmklog timeline --format json`."""


def render(report: Mapping[str, Any]) -> str:
    """Give one JSON object, indented, encodable as UTF-8; what is no number in JSON (NaN, infinity) is null."""
    told = {key: value for key, value in report.items() if key not in PAGE_ONLY}
    text = json.dumps(_plain(told), ensure_ascii=False, allow_nan=False, indent=2)
    return LONE_SURROGATE.sub("\ufffd", text) + "\n"


def _plain(value: object) -> object:
    """Turn mappings and sequences into what `json` writes."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
