"""Lines that look like faults and are none: each in a healthy story of the stack that writes it."""

from __future__ import annotations

import pytest

from pcmklog import analyze
from pcmklog.store import Store
from tests.stories import OF_STACK, STACKS, clplumbing, corosync, modern, story, system, write

GRAVE = {"warning", "error", "critical"}
PROBES = ("cib_ro", "stonith-ng", "lrmd", "attrd", "pengine", "crmd")
BASED, CONTROLD, FENCED, EXECD = "pacemaker-based", "pacemaker-controld", "pacemaker-fenced", "pacemaker-execd"
NEVER_STARTED = "/var/lib/pacemaker/cib/cib.xml"

# The story: node1 starts at 0, node2 at 2, and they are one ring from then on; node1 is DC from 25 on; node2 is stopped
# at 100, node1 at 110.
MODERN = {
    "probes for living daemons": [
        modern(0.9, "pacemakerd", "info", f"Could not connect to {name} IPC: Connection refused") for name in PROBES
    ],
    "first start without a configuration": [
        modern(
            1.2,
            BASED,
            "warning",
            f"Could not verify cluster configuration file {NEVER_STARTED}: No such file or directory (2)",
        ),
        modern(
            1.2, BASED, "warning", "Primary configuration corrupt or unusable, trying backups in /var/lib/pacemaker/cib"
        ),
        modern(1.2, BASED, "warning", "Continuing with an empty configuration."),
    ],
    "the CIB is not there yet": [
        modern(1.3, FENCED, "info", "Could not connect to CIB manager for pacemaker-fenced: Connection refused"),
        modern(1.3, CONTROLD, "warning", "Couldn't complete CIB registration 1 times... pause and retry"),
    ],
    "one retry while Corosync starts": [
        modern(0.1, "pacemakerd", "info", "Could not connect to Corosync CMAP: CS_ERR_LIBRARY (retrying in 1s)"),
    ],
    "one vain try of the first second": [
        modern(1.5, "pacemakerd", "notice", "pacemaker-based[50] is unresponsive to ipc after 1 tries"),
    ],
    "the daemons' own first lines in any order": [
        modern(1.5, CONTROLD, "notice", "Starting Pacemaker controller"),
        modern(1.6, FENCED, "notice", "Starting Pacemaker fencer"),
        modern(1.7, BASED, "notice", "Starting Pacemaker CIB manager"),
    ],
    "no quorum before the first membership": [
        modern(1.8, CONTROLD, "warning", "No quorum"),
        modern(
            1.9, "pacemaker-schedulerd", "warning", "Fencing and resource management disabled due to lack of quorum"
        ),
    ],
    "waiting for the peer": [
        corosync(0.2, "VOTEQ", "Waiting for all cluster members. Current votes: 1 expected_votes: 2"),
        corosync(0.4, "VOTEQ", "Waiting for all cluster members. Current votes: 1 expected_votes: 2"),
    ],
    "a node that was not started yet": [
        modern(24, "pacemaker-schedulerd", "warning", "Node node3 is unclean but cannot be fenced"),
        modern(24, "pacemaker-schedulerd", "warning", "Blind faith: not fencing unseen nodes"),
        modern(
            24,
            "pacemaker-schedulerd",
            "warning",
            "Calculated transition 0 (with warnings), saving inputs in /var/lib/pacemaker/pengine/pe-warn-0.bz2",
        ),
    ],
    "no fencing before the configuration is loaded": [
        modern(
            24,
            "pacemaker-schedulerd",
            "error",
            "Resource start-up disabled since no STONITH resources have been defined",
        ),
        modern(
            24,
            "pacemaker-schedulerd",
            "error",
            "Either configure some or disable STONITH with the stonith-enabled option",
        ),
        modern(
            24, "pacemaker-schedulerd", "error", "NOTE: Clusters with shared data need STONITH to ensure data integrity"
        ),
    ],
    "the first election": [
        modern(22, CONTROLD, "warning", "Input I_DC_TIMEOUT received in state S_PENDING from crm_timer_popped"),
        modern(24, CONTROLD, "warning", "Input I_JOIN_OFFER received in state S_INTEGRATION from route_message"),
    ],
    "a link before it is up": [
        corosync(0.3, "KNET", "host: host: 2 has no active links"),
        corosync(0.3, "KNET", "host: host: 2 (passive) best link: 0 (pri: 0)"),
        corosync(0.3, "KNET", "host: host: 2 has no active links"),
    ],
    "debug": [
        corosync(0.4, "KNET", "rx: Source host 2 not reachable yet. Discarding packet."),
        corosync(0.4, "KNET", "udp: Received ICMP error from 192.0.2.2: Connection refused"),
        corosync(0.4, "TOTEM", "Retransmit List: 1"),
        corosync(0.4, "SERV", "NOT Initializing IPC on mon [4]"),
    ],
    "the log begins with the boot": [
        system(-5, "systemd[1]", "Startup finished in 2.345s."),
        system(-5, "rsyslogd", '[origin software="rsyslogd" swVersion="8.2302.0" x-pid="20"] start'),
    ],
    "said twice in one stop": [modern(101.5, "pacemakerd", "notice", "Shutting down Pacemaker", 2)],
    "shut down by sysadmin, then by a signal": [
        corosync(103.2, "MAIN", "Node was shut down by a signal", 2),
        system(103.6, "systemd[1]", "corosync.service: Control process exited, code=exited, status=1/FAILURE", 2),
    ],
    "the last one is without quorum": [
        corosync(104.2, "QUORUM", "This node is within the non-primary component and will NOT provide any services."),
        modern(104.4, CONTROLD, "warning", "Quorum lost"),
    ],
    "the new DC did not know of the stop": [
        modern(104.5, CONTROLD, "warning", "Stonith/shutdown of node node2 was not expected"),
    ],
    "after an ordered stop": [
        modern(104.5, CONTROLD, "notice", "Node node2 state is now lost"),
        modern(104.5, "pacemaker-attrd", "notice", "Removing all node2 attributes for peer loss"),
        modern(104.5, "pacemakerd", "notice", "Purged 1 peer with id=2 and/or uname=node2 from the membership cache"),
        corosync(104.3, "KNET", "link: host: 2 link: 0 is down"),
        corosync(104.3, "KNET", "host: host: 2 has no active links"),
    ],
    "an adopted child ends in the stop": [
        modern(101.2, "pacemakerd", "notice", "pacemaker-execd[52] terminated", 2),
    ],
    "what a change brings": [
        modern(60, CONTROLD, "info", "Result of monitor operation for vip on node1: Cancelled"),
        modern(60, CONTROLD, "notice", "Transition 3 aborted by vip_monitor_10000 'modify' on node1: Event failed"),
    ],
    "containers": [
        corosync(0.1, "MAIN", "Could not increase RLIMIT_MEMLOCK, not locking memory: Operation not permitted (1)"),
        corosync(0.1, "WD", "Watchdog not enabled by configuration"),
        corosync(0.1, "WD", "resource load_15min missing a recovery key."),
        system(30, "systemd[1]", "Failed to migrate controller cgroups from /user.slice, ignoring: Permission denied"),
        system(30, "dbus-daemon[9]", "Failed to set fd limit to 65536: Operation not permitted"),
    ],
    "a little load": [
        modern(30, CONTROLD, "notice", "High CPU load detected: 5.340000"),
        corosync(50, "TOTEM", "Token has not been received in 2250 ms"),
        corosync(50, "TOTEM", "Retransmit List: 3f"),
    ],
    "old names of IPC end points": [
        modern(60, BASED, "warning", "cib_rw IPC provider disconnected while waiting for message"),
        modern(60, EXECD, "warning", "Could not notify client crmd: Bad file descriptor"),
    ],
    "the collector of the report": [
        system(90, "root", "Mark:pcmk:1795332028"),
        system(90, "rsyslogd", '[origin software="rsyslogd" swVersion="8.2302.0" x-pid="20"] rsyslogd was HUPed'),
    ],
}
GLUE = {
    "first start without a configuration": [
        clplumbing(1.5, "cib", "WARN", "retrieveCib: Cluster configuration not found: /var/lib/heartbeat/crm/cib.xml"),
        clplumbing(1.5, "cib", "WARN", "readCibXmlFile: Primary configuration corrupt or unusable, trying backup..."),
        clplumbing(1.5, "cib", "WARN", "readCibXmlFile: Continuing with an empty configuration."),
    ],
    "core dumps could be lost": [
        clplumbing(2, "lrmd", "WARN", "Core dumps could be lost if multiple dumps occur."),
        clplumbing(
            2,
            "lrmd",
            "WARN",
            "Consider setting non-default value in /proc/sys/kernel/core_pattern (or "
            "equivalent) for maximum supportability",
        ),
    ],
    "the first election after its waiting time": [
        clplumbing(
            23, "crmd", "WARN", "do_log: FSA: Input I_DC_TIMEOUT from crm_timer_popped() received in state S_PENDING"
        ),
    ],
    "a start that is held back for a moment": [
        clplumbing(3, "crmd", "info", "do_started: Delaying start, no membership data (0000000000100000)"),
        clplumbing(3, "crmd", "info", "do_started: Delaying start, Config not read (0000000000000040)"),
    ],
    "still without the quorum that never was": [
        clplumbing(2, "crmd", "info", "ais_dispatch_message: Membership 4: quorum still lost"),
        clplumbing(2, "cib", "info", "ais_dispatch_message: Membership 4: quorum still lost"),
    ],
    "the default of compatibility": [
        corosync(at, "MAIN", "Compatibility mode set to whitetank.  Using V1 and V2 of the synchronization engine.", n)
        for n, at in ((1, 0.2), (2, 2.2))
    ],
    "the file of the log gets its owner": [
        clplumbing(2, "crmd", "WARN", "cib_client_add_notify_callback: Callback already present"),
        clplumbing(3, "attrd", "WARN", "attrd_cib_callback: Update 4 for shutdown=0 failed: No such device or address"),
    ],
    "a probe that finds nothing": [
        clplumbing(
            26,
            "crmd",
            "info",
            "process_lrm_event: LRM operation vip_monitor_0 (call=2, rc=7, cib-update=8, confirmed=true) not running",
        ),
    ],
    "the end of crmd, and its echo in the CIB": [
        clplumbing(101.1, "cib", "WARN", "send_ipc_message: IPC Channel to 55 is not connected", 2),
        clplumbing(101.1, "cib", "WARN", "send_via_callback_channel: Delivery of reply to client 55/abc failed", 2),
        clplumbing(101.1, "cib", "WARN", "do_local_notify: A-Sync reply to crmd failed: reply failed", 2),
        clplumbing(101.1, "cib", "WARN", "cib_notify_client: Notification of client 55/abc failed", 2),
        clplumbing(101.1, "crmd", "info", "free_mem: Dropping I_RELEASE_SUCCESS: [ state=S_STOPPING ]", 2),
        clplumbing(101.1, "cib", "info", "cib_process_readwrite: We are now in R/O mode", 2),
    ],
    "the DC that leaves": [
        clplumbing(101.5, "crmd", "WARN", "check_dead_member: Our DC node (node2) left the cluster"),
        clplumbing(101.5, "crmd", "WARN", "match_down_event: No match for shutdown action on node2"),
        clplumbing(101.5, "crmd", "info", "te_update_diff: Stonith/shutdown of node2 not matched"),
    ],
    "echoes of a join": [
        clplumbing(
            4,
            "cib",
            "WARN",
            'cib_process_diff: Diff 0.4.1 -> 0.4.2 not applied to 0.4.0: current "num_updates" is less than required',
        ),
        clplumbing(4, "cib", "notice", "cib_server_process_diff: Requesting re-sync from peer"),
    ],
    "offers that come too early": [
        clplumbing(
            24,
            "crmd",
            "info",
            "join_make_offer: Peer process on node2 is not active (yet?): 00000000000000000000000000000002 2",
        ),
    ],
}
PLUGIN = {
    "a peer talks before the daemon is there": [
        corosync(
            1, "pcmk", "WARN: route_ais_message: Sending message to local.crmd failed: ipc delivery failed (rc=-2)"
        ),
        corosync(
            1, "pcmk", "WARN: route_ais_message: Sending message to local.cib failed: ipc delivery failed (rc=-2)"
        ),
    ],
    "the name of the peer is pending": [
        corosync(2.5, "pcmk", "info: pcmk_peer_update: NEW:  .pending. 33554442"),
        corosync(2.5, "pcmk", "info: update_member: Node 33554442/unknown is now: member"),
    ],
    "no quorum provider is wanted": [
        corosync(0.1, "pcmk", "info: config_find_next: No additional configuration supplied for: quorum"),
        corosync(0.1, "pcmk", "info: get_config_opt: No default for option: provider"),
    ],
    "two nodes without two_node": [
        clplumbing(104.5, "crmd", "notice", "ais_dispatch_message: Membership 12: quorum lost"),
    ],
}
MCP_117 = {
    "the last child often ends with 1": [
        clplumbing(101.9, "pacemakerd", "ERROR", "pcmk_child_exit: Child process cib exited (pid=50, rc=1)", 2),
    ],
}
CMAN = {
    "twice is always": [
        corosync(0.1, "QUORUM", "Using quorum provider quorum_cman"),
        corosync(0.1, "SERV", "Service engine loaded: corosync cluster quorum service v0.1"),
        corosync(0.1, "SERV", "Service engine loaded: corosync cluster quorum service v0.1"),
        corosync(2.6, "QUORUM", "Members[2]: 1 2"),
        corosync(2.6, "QUORUM", "Members[2]: 1 2"),
    ],
    "fenced at the end of a stop by hand": [
        system(2.9, "fenced[40]", "fenced 3.1.8 started", 2),
        system(104, "fenced[40]", "cpg_dispatch error 2", 2),
    ],
}
COROSYNC2 = {
    "quorum lost as the first word": [modern(1.5, "crmd", "warning", "Quorum lost")],
    "no sysrq in containers": [
        modern(1, "pacemakerd", "warning",
               "Cannot open /proc/sys/kernel/sysrq for read: No such file or directory (2)"),
    ],
    "fencing of unseen nodes is off": [
        modern(24, "pengine", "warning", "Blind faith: not fencing unseen nodes"),
    ],
    "by a signal after the end of Pacemaker": [corosync(103, "MAIN", "Node was shut down by a signal", 2)],
    "clients of daemons that have gone": [
        modern(101.3, "cib", "warning", "new_event_notification (50-55-9): Broken pipe (32)", 2),
        modern(104.5, "crmd", "warning", "No reason to expect node 2 to be down"),
    ],
}  # fmt: skip
OF = {
    "corosync3": MODERN,
    "corosync2": COROSYNC2,
    "plugin-v1": GLUE | PLUGIN | MCP_117,
    "plugin-v0": GLUE | PLUGIN,
    "cman": GLUE | CMAN | MCP_117,
}
CASES = [
    pytest.param(stack, lines, id=f"{stack}, {name}") for stack, known in OF.items() for name, lines in known.items()
]


def grave(folder):
    """The codes of warnings and worse in a bundle, with their titles; what the bundle lacks is another matter."""
    store = Store()
    analyze.load([folder], store)
    found = analyze.find(store, analyze.load_rules())
    return {f.code: f.title for f in found if f.severity in GRAVE and not f.code.startswith("LOG")}


@pytest.mark.parametrize("stack", STACKS)
def test_the_story_itself_is_healthy(stack, tmp_path):
    write(tmp_path, [*story(stack)])
    assert set(grave(tmp_path)) == OF_STACK.get(stack, set())


@pytest.mark.parametrize(("stack", "lines"), CASES)
def test_no_finding_comes_of_a_benign_line(stack, lines, tmp_path):
    write(tmp_path, [*story(stack), *lines])
    found = grave(tmp_path)
    assert {code: title for code, title in found.items() if code not in OF_STACK.get(stack, set())} == {}


@pytest.mark.parametrize("stack", STACKS)
def test_no_finding_comes_of_all_of_them_together(stack, tmp_path):
    write(tmp_path, [*story(stack), *(line for lines in OF[stack].values() for line in lines)])
    assert set(grave(tmp_path)) <= OF_STACK.get(stack, set())
