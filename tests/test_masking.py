"""No output shows a password: not of what is configured, and not of what was logged."""

from __future__ import annotations

import io
import tarfile

import pytest

from pcmklog.masking import HIDDEN, masked

SECRET = "S3cr+t!x"  # noqa: S105 - nobody's
LINES = (
    '<fencedevice agent="fence_ipmilan" ipaddr="192.0.2.9" login="admin" name="f1" passwd="{}"/>',
    "<device name='f1' passwd='{}' option='off'/>",
    '<nvpair id="st1-instance_attributes-passwd" name="passwd" value="{}"/>',
    '<nvpair value="{}" name="passwd" id="x"/>',
    "primitive st1 stonith:fence_ipmilan params ipaddr=192.0.2.9 login=admin passwd={} op monitor interval=60s",
    "Executing: /usr/sbin/fence_ipmilan -a 192.0.2.9 -l admin -p {} -o reboot",
    "Executing: '/usr/bin/ipmitool -I lanplus -H 192.0.2.9 -U admin -P {} -p 623 chassis power status'",
    "passwd: {}",
    "        password_1 : {}",
    'params {{"plug": "1", "password": "{}"}}',
    "passwd_script=/etc/{}",
)


@pytest.mark.parametrize("line", LINES)
def test_passwords_are_hidden_and_what_stands_beside_them_stays(line):
    shown = masked(line.format(SECRET))
    assert SECRET not in shown
    assert shown == line.format(HIDDEN).replace(f"/etc/{HIDDEN}", HIDDEN)
    assert masked(shown) == shown


@pytest.mark.parametrize(
    "line",
    [
        'fencedevice passwd="" login="admin"',
        "fence_ipmilan passwd= login=admin",
        '<nvpair id="a" name="passwd" value="******"/>',
        "Accepted password for root from 192.0.2.1 port 22 ssh2",
        "stonith-ng[2]: info: stonith_action_create: Initiating action reboot for agent fence_ipmilan (target=node2)",
        "crm_resource: node_passes: value=3",
    ],
)
def test_what_is_no_password_stays(line):
    assert masked(line) == line


@pytest.fixture(scope="module")
def telling(tmp_path_factory):
    """A bundle whose configuration and log tell a password that findings, contexts and the log would show."""
    conf = f"""<cluster name="ha" config_version="1"><cman two_node="1" expected_votes="1"/><clusternodes>
<clusternode name="node1" nodeid="1"><fence><method name="1"><device name="f1" passwd="{SECRET}"/></method></fence>
</clusternode></clusternodes><fencedevices><fencedevice agent="fence_ipmilan" name="f1" passwd="{SECRET}"/>
</fencedevices></cluster>
"""
    log = f"""Nov 22 07:00:00 node1 pacemakerd[70]:   notice: main: Starting Pacemaker 1.1.12 (Build: 1):  ncurses
Nov 22 07:00:01 node1 stonith-ng[77]:    error: log_operation: Operation 'reboot' [99] failed: passwd={SECRET}
Nov 22 07:00:02 node1 fenced[60]: fence node2 dev 0.0 agent fence_ipmilan -l admin -p {SECRET} result: error from agent
Nov 22 07:00:03 node1 pacemakerd[70]:    error: pcmk_child_exit: Child process crmd (81) exited: passwd="{SECRET}" (1)
"""
    path = tmp_path_factory.mktemp("telling") / "telling.tar"
    with tarfile.open(path, "w") as tar:
        for name, text in (("node1/etc/cluster/cluster.conf", conf), ("node1/var/log/messages", log)):
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(text), 1353567610
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


COMMANDS = (
    *((["analyze"], ["--format", fmt, "--output", "-"]) for fmt in ("html", "json", "md", "text", "svg")),
    *((["timeline"], ["--format", fmt]) for fmt in ("text", "csv", "json", "md", "svg")),
    (["lines"], []),
)


@pytest.mark.parametrize(("command", "options"), COMMANDS)
def test_no_output_shows_a_password(run, telling, command, options):
    done = run(*command, telling, *options)
    assert done.returncode < 2, done.stderr
    assert SECRET not in done.stdout


def test_comparison_shows_no_password(run, telling):
    assert SECRET not in run("compare", telling, telling, "--format", "json").stdout


@pytest.mark.parametrize("options", [["analyze", "--format", "json", "--output", "-"], ["lines"], ["timeline"]])
def test_option_shows_passwords(run, telling, options):
    command, *rest = options
    done = run(command, telling, *rest, "--show-secrets")
    assert SECRET in done.stdout
    assert HIDDEN not in done.stdout
