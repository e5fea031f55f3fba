"""Inventory files: package lists, hosts, marks of a report, environment and clocks."""

import pytest

from pcmklog.parsers import config
from tests.configs import places, read, values

# --- packages


@pytest.mark.parametrize(
    ("line", "package"),
    [
        (b"pacemaker-1.1.7-6.el6.x86_64                Mon Jun  1 11:16:54 2015", ("pacemaker", "1.1.7-6.el6")),
        (b"kernel-2.6.32-573.el6.x86_64", ("kernel", "2.6.32-573.el6")),
        (b"ii  libqb0:amd64          2.0.1-1     amd64  library", ("libqb", "2.0.1-1")),
        (b"ii  linux-image-5.10.0-8-amd64  5.10.46-5  amd64  Linux", ("kernel", "5.10.46-5")),
        (b"resource-agents 1:4.12.0-2 all", ("resource-agents", "4.12.0-2")),
        (b"corosync 1.4.3-0.27.11 - Devel:HAE / SLE_11_SP2 x86_64", ("corosync", "1.4.3-0.27.11")),
        (
            b"corosync            SUSE Linux Enterprise 15            2.4.5+git0-150300.1.1",
            ("corosync", "2.4.5+git0-150300.1.1"),
        ),
        (b"corosync-1.4.7", ("corosync", "1.4.7")),
        (b"Corosync Cluster Engine, version '3.1.7'", ("corosync", "3.1.7")),
        (b"Pacemaker 2.1.5 (Build: a3f44794f94): agent-manpages", ("pacemaker", "2.1.5")),
        (b"CRM Version: 1.1.7 (77eeb099)", ("pacemaker", "1.1.7")),
        (b"Pacemaker Version: 1.1.7", ("pacemaker", "1.1.7")),
        (b"Heartbeat version: 3.0.5", ("heartbeat", "3.0.5")),
        (b"cluster-glue: 1.0.9 (unknown)", ("cluster-glue", "1.0.9")),
        (b"Kernel release: 6.1.0-9-amd64", ("kernel", "6.1.0-9-amd64")),
        (b"Platform: Linux", ("platform", "Linux")),
    ],
)
def test_a_release_is_read_in_all_shapes(line, package):
    assert [(s.path, s.value) for s in read("sysinfo.txt", line + b"\r\n").settings] == [package]


@pytest.mark.parametrize(
    "line",
    [
        b"rc  pcs  0.10  all  removed, its configuration is left",
        b"pacemaker-libs-1.1.7-6.el6.x86_64",
        b"resource-agents: # Build version: baddb06c9720",
        b"bash-4.1.2-33.el6.x86_64",
        b"Written by Andrew Beekhof",
        b"\xff\xfe corosync",
        b"corosync-" * 100_000,
    ],
)
def test_other_lines_are_no_package(line):
    assert read("sysinfo.txt", line).settings == ()


def test_a_release_said_twice_is_one_setting():
    data = b"corosync-1.4.7\nCorosync Cluster Engine, version '1.4.7'\ncorosync-1.4.7\n"
    assert [s.line for s in read("sysinfo.txt", data).settings] == [1]


def test_a_list_of_packages_is_known_by_its_content():
    rpms = b"bash-4.1.2-33.el6.x86_64\nzlib-1.2.3-29.el6.i686\nman-1.6f-32.el6.noarch\npcs-0.9.139-9.el6.x86_64\n"
    assert values("all.lst", rpms) == {("packages", "pcs"): "0.9.139-9.el6"}
    assert values("all.lst", b"ii  pcs  0.11.5-1  all  tools\n") == {("packages", "pcs"): "0.11.5-1"}


# --- inventories


def test_hosts_say_which_address_a_name_has():
    data = (
        b"127.0.0.1\tlocalhost\n# 192.168.1.9 old\n\n192.168.1.1 node1.example.com node1 # one\nfe80::1%eth0 node2\nx\n"
    )
    assert values("etc/hosts", data) == {
        ("hosts", "localhost"): "127.0.0.1",
        ("hosts", "node1.example.com"): "192.168.1.1",
        ("hosts", "node1"): "192.168.1.1",
        ("hosts", "node2"): "fe80::1%eth0",
    }


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("etc/hostname", b"# set by hand\nnode1\n"),
        ("uname_-a", b"Linux node1 3.10.0-1160.el7.x86_64 #1 SMP Mon Oct 19 16:18:59 UTC 2020 x86_64 GNU/Linux\n"),
        ("sysstats.txt", b"+ uname -n\nnode1\n+ uptime\n 07:56:03 up  1:26,  0 user\nword\n"),
        ("hostnamectl_status", b" Static hostname: node1\n      Kernel: Linux 6.1.0-9-amd64\n"),
    ],
)
def test_the_name_of_a_node_is_read(path, data):
    assert values(path, data)["hostname", "hostname"] == "node1"


def test_uname_tells_the_kernel():
    assert (
        values("uname.txt", b"Linux node1 2.6.32-573.el6.x86_64 #1 SMP x86_64\n")["hostname", "kernel"]
        == "2.6.32-573.el6.x86_64"
    )


def test_both_kinds_of_dump_keep_the_paths_of_corosync():
    new = (
        b"runtime.members.2.ip (str) = r(0) ip(192.168.1.2) \nruntime.services.cpg.1.rx (u64) = 3\n"
        b"nodelist.node.0.nodeid (u32) = 1\n"
    )
    old = b"compatibility=whitetank\ntotem.version=2\ntotem.interface.mcastport=5405\nruntime.connections.active=4\n"
    assert values("corosync.dump", new) == {
        ("cmap", "runtime.members.2.ip"): "r(0) ip(192.168.1.2)",
        ("cmap", "nodelist.node.0.nodeid"): "1",
    }
    assert values("corosync-objctl.txt", old) == {
        ("cmap", "compatibility"): "whitetank",
        ("cmap", "totem.version"): "2",
        ("cmap", "totem.interface.mcastport"): "5405",
    }


@pytest.mark.parametrize(
    ("path", "data", "found"),
    [
        ("node1/DC", b"", {"dc": "yes"}),
        ("node1/RUNNING", b"node1\n", {"running": "node1"}),
        ("node1/STOPPED", b"node1\n", {"stopped": "node1"}),
        ("members.txt", b"node1 node2 \n\nnode1 node2 \n", {"member[0].name": "node1", "member[1].name": "node2"}),
        (
            "crm_node_-l",
            b"1 node1 member\n2 node2 lost\nerror: no connection to the daemon!\n",
            {
                "member[0].id": "1", "member[0].name": "node1", "member[0].state": "member",
                "member[1].id": "2", "member[1].name": "node2", "member[1].state": "lost",
            },
        ),
        (
            "hb_uuid.txt",
            b"node1: 0f0f0f0f-1111-2222-3333-444455556666\n",
            {"hb_uuid": "0f0f0f0f-1111-2222-3333-444455556666"},
        ),
    ],
)  # fmt: skip
def test_marks_of_a_report_are_read(path, data, found):
    assert values(path, data) == {("marks", name): value for name, value in found.items()}


def test_the_environment_is_read_and_not_run():
    data = (
        b"# PCMK_debug=yes\nexport PCMK_logfile=\"/var/log/my log\"\nPCMK_fail_fast='no' # comment\n"
        b"SBD_OPTS=$(reboot)\nPCMK_x=\nif true\n"
    )
    assert values("etc/default/pacemaker", data) == {
        ("pacemaker.env", "PCMK_logfile"): "/var/log/my log",
        ("pacemaker.env", "PCMK_fail_fast"): "no",
        ("pacemaker.env", "SBD_OPTS"): "$(reboot)",
        ("pacemaker.env", "PCMK_x"): "",
    }


def test_an_open_quote_in_the_environment_is_an_error():
    result = read("sysconfig_sbd.txt", b'SBD_PACEMAKER=yes\nSBD_DEVICE="/dev/sda\n')
    assert places(result) == [(2, 12)]
    assert len(result.settings) == 1


@pytest.mark.parametrize(
    ("path", "data", "found"),
    [
        ("time.txt", b"Fri Dec 14 20:08:33 CET 2012\n", {"date": "2012-12-14 20:08:33", "utc_offset": "3600"}),
        ("time.txt", b"Time: Sun Nov  2 07:23:46 2026\nntpdc: \n", {"date": "2026-11-02 07:23:46"}),
        ("date", b"Sun Nov 22 07:20:55 CST 2026\n", {"date": "2026-11-22 07:20:55"}),
        ("date", b"Sun Nov 22 07:20:55 +0530 2026\n", {"date": "2026-11-22 07:20:55", "utc_offset": "19800"}),
        ("date", b"Sun Nov 22 07:20:55 -03 2026\n", {"date": "2026-11-22 07:20:55", "utc_offset": "-10800"}),
        ("etc/timezone", b"America/Argentina/Buenos_Aires\n", {"timezone": "America/Argentina/Buenos_Aires"}),
        ("etc/timezone", b"Etc/UTC\n", {"timezone": "Etc/UTC", "utc_offset": "0"}),
        ("etc/sysconfig/clock", b'# zone\nZONE="Europe/Berlin"\nUTC=true\n', {"timezone": "Europe/Berlin"}),
        (
            "chronyc_tracking",
            b"Reference ID    : 0A0A0A0A\nLeap status     : Not synchronised\n",
            {"ntp_synchronized": "no"},
        ),
        ("chronyc_tracking", b"Leap status     : Normal\n", {"ntp_synchronized": "yes"}),
        (
            "ntpq_-p",
            b"     remote           refid      st t\n=====\n*192.168.1.9   .GPS.  1 u\n",
            {"ntp_synchronized": "yes"},
        ),
        (
            "ntpq_-p",
            b"     remote           refid      st t\n=====\n 192.168.1.9   .GPS.  1 u\n",
            {"ntp_synchronized": "no"},
        ),
        (
            "timedatectl",
            b" Local time: Fri 2022-03-18 21:13:44 CET\nTime zone: Europe/Berlin (CET, +0100)\nNTP synchronized: yes\n",
            {
                "date": "2022-03-18 21:13:44",
                "timezone": "Europe/Berlin",
                "utc_offset": "3600",
                "ntp_synchronized": "yes",
            },
        ),
    ],
)
def test_the_clock_is_read_as_far_as_it_is_sure(path, data, found):
    assert values(path, data) == {("clock", name): value for name, value in found.items()}


@pytest.mark.parametrize(
    "path", ["sysinfo.txt", "etc/hosts", "hostname", "members.txt", "date", "etc/sysconfig/sbd", "hb_uuid.txt"]
)
@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 100, b"\xff\xfe" * 100, b"a" * 1_000_000, b"{" * 10_000, b"a b\r\n" * 1000],
    ids=["empty", "NUL", "no UTF-8", "long line", "braces", "garbage"],
)
def test_a_hostile_inventory_gives_no_error(path, data):
    assert not any(parser.settings(data).errors for parser in config.PARSERS if parser.wants(path, data))
