"""Passwords of fence devices and of others, as they stand in configuration and logs, made unreadable.

<fencedevice agent="fence_ipmilan" login="admin" passwd="x"/>             an attribute
<nvpair id="st1-passwd" name="passwd" value="x"/>                          an attribute beside its name
primitive st1 stonith:fence_ipmilan params passwd=x                       a parameter
Executing: /usr/sbin/fence_ipmilan -l admin -p x                          an option of an agent
passwd: x                                                                 a line of a configuration file
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[hidden by pcmklog]"
SUSPECT = ("passw", "secret", "authkey", "fence_", "ipmitool")
KEY = r"[\w.-]*(?:passw|secret|authkey)[\w.-]*"
VALUE = r"""(?!["']?\[hidden by )(?:"(?P<double>[^"]+)"|'(?P<single>[^']+)'|(?P<bare>[^\s,;"'<>&]+))"""
ELEMENT = re.compile(rf"""<[^<>]*\b(?:id|name)=(["']){KEY}\1[^<>]*""", re.IGNORECASE)
WAYS = (
    # What follows an empty value is the next parameter, which stays.
    re.compile(rf"""(?P<head>\b{KEY}["']?\s*=\s*)(?![\w.-]+=){VALUE}""", re.IGNORECASE),
    re.compile(rf"""(?P<head>(?:^\s*{KEY}|(["']){KEY}\2)\s*:\s*){VALUE}""", re.IGNORECASE),
    re.compile(rf"(?P<head>\bfence_\w+\b[^|;]*?\s-p\s+){VALUE}"),
    re.compile(rf"(?P<head>\bipmitool\b[^|;]*?\s-P\s+){VALUE}"),
)
BESIDE = re.compile(rf"(?P<head>\bvalue=){VALUE}", re.IGNORECASE)


def masked(text: str) -> str:
    """The text without the passwords in it; what its collector hid by asterisks stays."""
    low = text.lower()
    if not any(word in low for word in SUSPECT):
        return text
    text = ELEMENT.sub(lambda element: BESIDE.sub(_hidden, element[0]), text)
    for way in WAYS:
        text = way.sub(_hidden, text)
    return text


def without_secrets(told: Any) -> Any:
    """A report, or a part of it, with all its texts masked."""
    if isinstance(told, str):
        return masked(told)
    if isinstance(told, dict):
        return {key: without_secrets(value) for key, value in told.items()}
    if isinstance(told, list):
        return [without_secrets(value) for value in told]
    return told


def _hidden(found: re.Match[str]) -> str:
    value = found["double"] or found["single"] or found["bare"]
    if not value.strip("*"):
        return found[0]
    quote = '"' if found["double"] else "'" if found["single"] else ""
    return f"{found['head']}{quote}{HIDDEN}{quote}"
