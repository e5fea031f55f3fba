"""The environment of the daemons: `/etc/sysconfig/pacemaker`, `/etc/default/pacemaker`; also of sbd, corosync, cman.

    # Log to a file of its own
    export PCMK_logfile="/var/log/pacemaker.log"

gives `PCMK_logfile`.  The assignments are read and never run: `$(command)` stays as it stands.
"""

from __future__ import annotations

import re
import shlex

from pcmklog.model import ConfigError, ConfigResult, Setting
from pcmklog.parsers.config._text import COPY, base, is_text, lines

FILE = "pacemaker.env"
PLACE = re.compile(r"(?:^|[/!])(?:sysconfig|default)/(?:pacemaker(?:_remote)?|sbd|corosync|cman)$")
NAME = re.compile(r"(?:sysconfig|default)[-_.](?:pacemaker|sbd|corosync|cman)(?:\.txt)?$|^pacemaker\.env$")
CONTENT = re.compile(rb"^[ \t]*#?[ \t]*(?:export[ \t]+)?(?:PCMK|SBD|COROSYNC|CMAN)_\w+=", re.MULTILINE)
ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)$")


def wants(path: str, head: bytes) -> bool:
    """By its place below `sysconfig` or `default`; by a name like it, if there are such assignments."""
    if not is_text(head) or COPY.search(base(path)):
        return False
    return PLACE.search(path) is not None or (NAME.search(base(path)) is not None and CONTENT.search(head) is not None)


def settings(data: bytes) -> ConfigResult:
    """Each assignment that is not a comment, without its quotes."""
    found: list[Setting] = []
    errors: list[ConfigError] = []
    for number, line in lines(data):
        match = ASSIGNMENT.match(line)
        if match is None:
            continue
        try:
            words = shlex.split(match["value"], comments=True)
        except ValueError:
            text = "expected the closing quote in the same line, found the end of the line"
            errors.append(ConfigError(number, match.start("value") + 1, text))
        else:
            # What follows the first word would be a command of the shell.
            found.append(Setting(FILE, match["name"], words[0] if words else "", number))
    return ConfigResult(tuple(found), tuple(errors))
