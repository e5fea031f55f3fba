"""Which tool made a bundle, by the names in it."""

from __future__ import annotations

import re

# Names that tell the tool.  Sources: tools/report.collector.in of Pacemaker 1.1 and 2.1, hb_report of cluster-glue 1.0,
# crmsh/report of crmsh 4.4, sos 4, supportutils 3.
SOSREPORT = re.compile(r"(?:^|[/!])(?:sos_commands|sos_logs|sos_reports)/|(?:^|[/!])sosreport-[^/!]*/")
SUPPORTCONFIG = re.compile(r"(?:^|[/!])(?:scc|nts)_[^/!]*[/!]|(?:^|[/!])basic-environment\.txt$")
CRMSH = {"crmsh.log", "report.log", "crm_report.log", "journal_pacemaker.log", "crm.conf.info", "profiles.yml.info"}
CRM_REPORT = {"report.out", "report.summary", "cluster-log.txt"}
# Both hb_report and crm_report write these, and nobody else two of them.
REPORTS = {"analysis.txt", "events.txt", "sysinfo.txt"}
NAMES = {"ha-log.txt", "description.txt", *CRMSH, *CRM_REPORT, *REPORTS}


def marks(path: str) -> set[str]:
    """What the name of a member says about the tool."""
    found = {name for name, known in (("sos", SOSREPORT), ("supportconfig", SUPPORTCONFIG)) if known.search(path)}
    return found | (NAMES & {re.split(r"[/!]", path)[-1]})


def kind(seen: set[str]) -> str:
    """The tool behind the marks of all members; the sosreport that holds a crm_report is a sosreport."""
    if "sos" in seen:
        return "sosreport"
    if "supportconfig" in seen:
        return "supportconfig"
    if "description.txt" in seen and seen & CRMSH:
        return "crmsh_report"
    if "ha-log.txt" in seen and not seen & CRM_REPORT and ("description.txt" in seen or seen & REPORTS):
        return "hb_report"
    if seen & CRM_REPORT or len(seen & REPORTS) > 1:
        return "crm_report"
    return "logs"
