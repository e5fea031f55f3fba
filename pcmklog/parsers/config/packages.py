"""Which releases are installed: package lists, and the banners that collectors put into `sysinfo.txt`.

    pacemaker-1.1.7-6.el6.x86_64                                   rpm -qa, installed-rpms
    ii  corosync   3.1.7-1+deb12u2   amd64   cluster engine        dpkg -l, installed-debs
    pacemaker 1.1.7-1.99.4 - SUSE Linux Enterprise 11 x86_64       sysinfo.txt of hb_report
    corosync      SUSE Linux Enterprise 15      2.4.5-150300.1.1   rpm.txt of supportconfig
    Corosync Cluster Engine, version '1.4.7'                       sysinfo.txt

The path is the name of the package, without the suffixes of a distribution (`libqb` for `libqb0`, `kernel` for
`linux-image-5.10.0-8-amd64`); the value is the version without its epoch.  Only what the rules may ask for is kept.
Of a machine are `platform`, `distribution` and `architecture`.
"""

from __future__ import annotations

import re
from functools import cache

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config._text import base, is_text, lines

FILE = "packages"
NAMES = {
    "pacemaker": r"pacemaker",
    "pacemaker-remote": r"pacemaker-remote",
    "corosync": r"corosync",
    "corosync-qdevice": r"corosync-qdevice",
    "corosync-qnetd": r"corosync-qnetd",
    "openais": r"openais",
    "heartbeat": r"heartbeat",
    "cman": r"cman",
    "rgmanager": r"rgmanager",
    "libqb": r"libqb\d*(?:t64)?",
    "libknet": r"libknet1(?:t64)?",
    "cluster-glue": r"cluster-glue",
    "resource-agents": r"resource-agents(?:-base)?",
    "fence-agents": r"fence-agents(?:-all|-common)?",
    "crmsh": r"crmsh",
    "pcs": r"pcs",
    "sbd": r"sbd",
    "booth": r"booth(?:-core)?",
    "dlm": r"dlm(?:-controld|-pcmk)?",
    "drbd": r"drbd(?:-utils|-pacemaker|8-utils)?",
    "systemd": r"systemd",
    "kernel": r"kernel(?:-default|-rt|-core|-uek)?|linux-image-\d[\w.+-]*",
}
NAME = "|".join(f"(?:{pattern})" for pattern in NAMES.values())
ARCH = r"x86_64|i[3-6]86|noarch|aarch64|armv\w+|ppc64(?:le)?|s390x?|ia64"
SHAPES = tuple(
    re.compile(shape.replace("NAME", f"(?P<name>{NAME})").replace("ARCH", ARCH))
    for shape in (
        r"[ihp]i\s+NAME(?::\w+)?\s+(?P<version>\d\S*)\s",
        r"NAME-(?:\d+:)?(?P<version>\d[^-\s]*-[^-\s]+?)\.(?:ARCH)(?:\s.*)?$",
        r"NAME (?P<version>\d\S*) (?:- (?:.* )?)?(?:ARCH|amd64|arm64|all|any)$",
        r"NAME\s{2,}(?:\S.*\s)?(?P<version>\d\S*-\S+)\s*$",
        r"NAME-(?P<version>\d+(?:\.\d+)+(?:-[^-\s]+)?)$",
    )
)
BANNERS = (
    ("corosync", re.compile(r"Corosync Cluster Engine, version '(?P<version>\d[^']*)'")),
    ("pacemaker", re.compile(r"(?:Pacemaker|CRM)(?: Version:)? (?P<version>\d\S*?),?(?: \(.*|$)")),
    ("heartbeat", re.compile(r"[Hh]eartbeat(?: [Vv]ersion)?:? (?P<version>\d\S*)")),
    ("cluster-glue", re.compile(r"(?:cluster-glue|stonith): (?P<version>\d\S*)")),
    ("resource-agents", re.compile(r"resource-agents: (?P<version>\d+\.\S+)")),
    ("kernel", re.compile(r"Kernel release: (?P<version>\d\S*)")),
    ("platform", re.compile(r"Platform: (?P<version>\S.*)")),
    ("distribution", re.compile(r"Distribution: (?P<version>\S.*)")),
    ("architecture", re.compile(r"Architecture: (?P<version>\S.*)")),
)
EPOCH = re.compile(r"^\d+:")
FILES = re.compile(
    r"(?:^|[-_.])"
    r"(?:sysinfo\.txt|rpm\.txt|installed-(?:rpms|debs)|dpkg[-_]-?l.*|rpm[-_].*qa.*|package-data|packages\.txt)$"
)
DPKG = re.compile(rb"(?:Desired=Unknown/|\|\|/ Name |ii  [a-z0-9])")
RPM = re.compile(rb"[\w.+-]+-[^-\s]+-[^-\s]+\.(?:" + ARCH.encode() + rb")(?:\s|$)")


def wants(path: str, head: bytes) -> bool:
    """By the names that collectors give to such lists, or when the first lines are one."""
    if not is_text(head) or not head.strip():
        return False
    if FILES.search(base(path)):
        return True
    first = [line for line in head.split(b"\n")[:21] if line.strip()][:20]
    return DPKG.match(head) is not None or (len(first) > 2 and all(RPM.match(line) for line in first[:-1]))


def settings(data: bytes) -> ConfigResult:
    """One setting for each release of a relevant package; the same release said twice is one setting."""
    found: dict[tuple[str, str], Setting] = {}
    for number, line in lines(data):
        release = _listed(line) or _banner(line)
        if release is not None:
            found.setdefault(release, Setting(FILE, *release, number))
    return ConfigResult(tuple(found.values()))


def _listed(line: str) -> tuple[str, str] | None:
    for shape in SHAPES:
        if match := shape.match(line):
            return _package(match["name"]), EPOCH.sub("", match["version"])
    return None


def _banner(line: str) -> tuple[str, str] | None:
    for name, pattern in BANNERS:
        if match := pattern.match(line):
            return name, match["version"].strip()
    return None


@cache
def _package(name: str) -> str:
    return next(ours for ours, pattern in NAMES.items() if re.fullmatch(pattern, name))
