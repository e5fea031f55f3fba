"""Small healthy stories of two nodes, told as each stack tells them; tests put lines of their own into them."""

from __future__ import annotations

from typing import NamedTuple

CHILDREN = {
    "corosync3": ("pacemaker-based", "pacemaker-fenced", "pacemaker-execd", "pacemaker-attrd", "pacemaker-schedulerd",
                  "pacemaker-controld"),
    "corosync2": ("cib", "stonithd", "lrmd", "attrd", "pengine", "crmd"),
}  # fmt: skip
CHILDREN_117 = ("cib", "stonith-ng", "lrmd", "attrd", "pengine", "crmd")
PIDS = dict(zip(CHILDREN_117, range(50, 56), strict=True))


class Line(NamedTuple):
    """One line of a log: second of the story, node, and what stands behind the host."""

    second: float
    node: int
    text: str


def corosync(second, subsystem, text, node=1):
    return Line(second, node, f"corosync[3{node}]:   [{subsystem:6}] {text}")


def modern(second, daemon, level, text, node=1):
    known = [*CHILDREN["corosync3"], *CHILDREN["corosync2"]]
    pid = 50 + known.index(daemon) % 6 if daemon in known else 48
    return Line(second, node, f"{daemon}[{pid}]: {level:>8}: {text}")


def clplumbing(second, daemon, level, text, node=1):
    """The form of Pacemaker up to 1.1.7, where the level is written as the daemon has it: WARN, ERROR."""
    return Line(second, node, f"{daemon}: [{PIDS.get(daemon, 48)}]: {level}: {text}")


def system(second, program, text, node=1):
    return Line(second, node, f"{program}: {text}")


# ---------------------------------------------------------------- the stories


def story(stack):
    """Start of both nodes at 0, node2 is in the ring at 2; stop of node2 at 100, of node1 at 110."""
    for node in (1, 2):
        yield from START[stack](node, 2 * (node - 1))
        yield from STOP[stack](node, 120 - 10 * node)


def start_modern(stack):
    def start(node, at):
        corosync_release, release = ("3.1.7", "2.1.5") if stack == "corosync3" else ("2.4.5", "1.1.24")
        ring = f"1.{node + 4:x}" if stack == "corosync3" else f"192.0.2.1:{node + 4}"
        banner = (
            f"Corosync Cluster Engine {corosync_release} starting up"
            if stack == "corosync3"
            else f"Corosync Cluster Engine ('{corosync_release}'): started and ready to provide service."
        )
        yield corosync(at, "MAIN", banner, node)
        yield corosync(at, "QUORUM", "Using quorum provider corosync_votequorum", node)
        for member in (1, 2) if node == 2 else (1,):
            yield corosync(at + 0.5, "TOTEM", f"A new membership ({ring}) was formed. Members joined: {node}", member)
            yield corosync(at + 0.5, "QUORUM", f"Members[{node}]:{' 1' if member else ''}{' 2' * (node - 1)}", member)
            if node == 2:
                text = "This node is within the primary component and will provide service."
                yield corosync(at + 0.5, "QUORUM", text, member)
            yield corosync(at + 0.5, "MAIN", "Completed service synchronization, ready to provide service.", member)
        yield modern(at + 1, "pacemakerd", "notice", f"Starting Pacemaker {release}", node)
        for number, child in enumerate(CHILDREN[stack]):
            yield modern(at + 1, "pacemakerd", "info", f"Forked child {50 + number} for process {child}", node)
        controller = CHILDREN[stack][-1]
        yield modern(at + 2, controller, "notice", "State transition S_STARTING -> S_PENDING", node)
        to = "S_NOT_DC" if node == 2 else "S_ELECTION"
        yield modern(at + 22, controller, "notice", f"State transition S_PENDING -> {to}", node)
        if node == 1:
            yield modern(at + 23, controller, "notice", "State transition S_ELECTION -> S_INTEGRATION")
            yield modern(at + 25, controller, "notice", "State transition S_POLICY_ENGINE -> S_IDLE")

    return start


def stop_modern(stack):
    def stop(node, at):
        yield modern(at, "pacemakerd", "notice", "Shutting down Pacemaker", node)
        for number, child in reversed([*enumerate(CHILDREN[stack])]):
            yield modern(at + 1, "pacemakerd", "notice", f"Stopping {child}", node)
            yield modern(at + 1, "pacemakerd", "info", f"{child}[{50 + number}] exited with status 0 (OK)", node)
        yield modern(at + 2, "pacemakerd", "notice", "Shutdown complete", node)
        yield corosync(at + 3, "CFG", f"Node {node} was shut down by sysadmin", node)
        yield corosync(at + 3, "SERV", "Unloading all Corosync service engines.", node)
        yield corosync(at + 4, "MAIN", "Corosync Cluster Engine exiting normally", node)
        if node == 2:
            ring = "1.9" if stack == "corosync3" else "192.0.2.1:9"
            yield corosync(at + 4, "TOTEM", f"A new membership ({ring}) was formed. Members left: 2")
            yield corosync(at + 4, "QUORUM", "Members[1]: 1")

    return stop


def start_old(stack):
    def start(node, at):
        yield from _ring_old(stack, node, at)
        yield from _forks_old(stack, node, at)
        if node == 2 and stack != "cman":
            for member in (1, 2):
                text = "ais_dispatch_message: Membership 8: quorum acquired"
                yield clplumbing(at + 2.2, "crmd", "notice", text, member)
        yield clplumbing(at + 3, "crmd", "info", state("S_STARTING", "S_PENDING"), node)
        to = ("S_NOT_DC",) if node == 2 else ("S_ELECTION", "S_INTEGRATION", "S_IDLE")
        for before, after in zip(("S_PENDING", *to), to, strict=False):
            yield clplumbing(at + 23, "crmd", "info", state(before, after), node)

    return start


def _ring_old(stack, node, at):
    yield corosync(at, "MAIN", "Corosync Cluster Engine ('1.4.7'): started and ready to provide service.", node)
    if stack == "cman":
        yield corosync(at, "QUORUM", "Using quorum provider quorum_cman", node)
        yield corosync(at, "CMAN", "CMAN 3.1.8 (built Nov 22 2026 06:45:06) started", node)
    else:
        yield corosync(at, "pcmk", f"info: get_config_opt: Found '{stack[-1]}' for option: ver", node)
        if stack == "plugin-v1":
            text = "Enabling MCP mode: Use the Pacemaker init script to complete Pacemaker startup"
            yield corosync(at, "pcmk", f"info: process_ais_conf: {text}", node)
        yield corosync(at, "pcmk", "info: pcmk_startup: CRM: Initialized", node)
        yield corosync(at, "SERV", "Service engine loaded: Pacemaker Cluster Manager 1.1.7", node)
    formed = "A processor joined or left the membership and a new membership was formed."
    for member in (1, 2) if node == 2 else (1,):
        yield corosync(at + 0.5, "TOTEM", formed, member)
        if stack == "cman":
            yield corosync(at + 0.5, "CMAN", "quorum regained, resuming activity", member)
        yield corosync(at + 0.5, "MAIN", "Completed service synchronization, ready to provide service.", member)


def _forks_old(stack, node, at):
    forks = [f"Forked child {PIDS[child]} for process {child}" for child in CHILDREN_117]
    if stack == "plugin-v0":
        yield from (corosync(at + 1, "pcmk", f"info: spawn_child: {fork}", node) for fork in forks)
    else:
        yield clplumbing(at + 1, "pacemakerd", "info", "Invoked: pacemakerd ", node)
        yield clplumbing(at + 1, "pacemakerd", "notice", "main: Starting Pacemaker 1.1.7 (Build: 4d4a93a)", node)
        yield from (clplumbing(at + 1, "pacemakerd", "info", f"start_child: {fork}", node) for fork in forks)
    yield from (clplumbing(at + 2, child, "info", f"Invoked: /usr/lib64/heartbeat/{child}", node) for child in PIDS)
    if stack != "cman":
        for child in ("cib", "stonith-ng", "attrd", "crmd"):
            text = f"info: pcmk_ipc: Recorded connection 0x1f00 for {child}/{PIDS[child]}"
            yield corosync(at + 2, "pcmk", text, node)


def state(before, after):
    return f"do_state_transition: State transition {before} -> {after} [ input=I_X cause=C_FSA_INTERNAL origin=x ]"


def stop_old(stack):
    def stop(node, at):
        def say(second, function, text):
            if stack == "plugin-v0":
                return corosync(second, "pcmk", f"notice: {function}: {text}", node)
            return clplumbing(second, "pacemakerd", "notice", f"{function}: {text}", node)

        if stack == "plugin-v0":
            yield corosync(at, "SERV", "Unloading all Corosync service engines.", node)
        yield say(at, "pcmk_shutdown_worker", "Shuting down Pacemaker")
        for child in reversed(CHILDREN_117):
            yield say(at + 1, "stop_child", f"Sent -15 to {child}: [{PIDS[child]}]")
            if stack == "plugin-v0":
                yield say(at + 1, "pcmk_shutdown", f"{child} confirmed stopped")
            else:
                text = f"pcmk_child_exit: Child process {child} exited (pid={PIDS[child]}, rc=0)"
                yield clplumbing(at + 1, "pacemakerd", "info", text, node)
        yield say(at + 2, "pcmk_shutdown_worker", "Shutdown complete")
        if stack != "plugin-v0":
            yield corosync(at + 3, "SERV", "Unloading all Corosync service engines.", node)
        yield corosync(at + 4, "MAIN", "Corosync Cluster Engine exiting with status 0 at main.c:1894.", node)

    return stop


STACKS = ("corosync3", "corosync2", "plugin-v1", "plugin-v0", "cman")
START = {stack: (start_modern if stack.startswith("corosync") else start_old)(stack) for stack in STACKS}
STOP = {stack: (stop_modern if stack.startswith("corosync") else stop_old)(stack) for stack in STACKS}
OF_STACK = {"plugin-v0": {"VER301", "FRK206"}}
"""What a story deserves by its stack alone."""


def write(folder, lines, name="messages"):
    """Writes the lines as the logs of the nodes, in the order of time, with the stamps and hosts of syslog."""
    for node in {line.node for line in lines}:
        own = sorted((line for line in lines if line.node == node), key=lambda line: line.second)
        file = folder / f"node{node}" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{_stamp(line.second)} node{node} {line.text}\n" for line in own))


def _stamp(second):
    whole = 36000 + int(second)
    return f"Nov 22 {whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
