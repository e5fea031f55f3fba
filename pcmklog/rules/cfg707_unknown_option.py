"""A configuration has a key that Corosync does not know, and it looks like a slip of the pen.

## What it finds
Keys in the sections `totem`, `quorum` and `logging` of corosync.conf that are no option of any release of Corosync
but differ from one by a letter or two. Other unknown keys are left alone: they may belong to a release, a build or a
service that this rule does not know.

## Why it matters
Corosync takes unknown keys without a word and goes on with the default. What the line was written for, such as a
longer token timeout, is not in force, and that shows only when it is needed.

## What to do
Correct the key (the title names the likely one; `man corosync.conf` of the release decides) on all nodes and reload
with `corosync-cfgtool -R`. See what is in force with `corosync-cmapctl | grep -E '^(runtime.config.)?totem'`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Store

# corosync.conf(5) and votequorum(5) of 1.x, 2.x and 3.x; coroparse.c and totemconfig.c for what these leave out.
KNOWN = {
    "totem": """version cluster_name config_version transport token token_retransmit token_warning token_coefficient
        hold token_retransmits_before_loss_const consensus join merge downcheck fail_recv_const
        send_join seqno_unchanged_const heartbeat_failures_allowed max_network_delay window_size
        max_messages miss_count_const netmtu threads vsftype nodeid clear_node_high_bit secauth
        crypto_cipher crypto_hash crypto_type crypto_model crypto_compat key keyfile rrp_mode
        rrp_problem_count_timeout rrp_problem_count_threshold rrp_problem_count_mcast_threshold
        rrp_token_expired_timeout rrp_autorecovery_check_timeout ip_version link_mode
        knet_pmtud_interval knet_mtu knet_compression_model knet_compression_threshold
        knet_compression_level block_unlisted_ips cancel_token_hold_on_retransmit ip_dscp interface
        autogenerate""",
    "quorum": """provider expected_votes votes two_node wait_for_all last_man_standing last_man_standing_window
        auto_tie_breaker auto_tie_breaker_node allow_downscale expected_votes_tracking ev_tracking
        ev_barrier quorum_devices device leaving_timeout disallowed cluster_state""",
    "logging": """to_stderr to_logfile to_syslog logfile logfile_priority logfile_format syslog_facility
        syslog_priority debug timestamp fileline function_name tags blackbox logger_subsys logger
        trace flightrec""",
}
NAMES = {section: frozenset(text.split()) for section, text in KNOWN.items()}
LIKENESS = 0.84  # `tokn` and `token` have 0.89


@rule("CFG707", "unknown-option", "warning", reads=("corosync.started", "corosync.config_read"))
def unknown_option(store: Store) -> Iterator[Finding]:
    """Keys that nearly are a known one."""
    for file in _files.files(store, "corosync.conf"):
        for path in file.values:
            match = re.fullmatch(r"(totem|quorum|logging)\.([^.\[]+)", path)
            if match is None or match[2] in NAMES[match[1]]:
                continue
            near = difflib.get_close_matches(match[2], sorted(NAMES[match[1]]), 1, LIKENESS)
            if near:
                yield Finding(
                    file.node,
                    f"corosync.conf of {file.node or 'the cluster'} sets {path}, which Corosync does not know "
                    "and skips; "
                    f"probably {match[1]}.{near[0]} was meant.",
                    evidence=tuple(file.lines(path)),
                    confidence=0.8,
                )
