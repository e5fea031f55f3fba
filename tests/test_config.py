"""Configuration files: corosync.conf, cluster.conf, cib.xml; which parser wants which file."""

import subprocess
import sys

import pyparsing as pp
import pytest

from pcmklog.model import Setting
from pcmklog.parsers import config
from pcmklog.parsers.config import corosync_conf
from tests.configs import places, read, values
from tests.test_config_xml import CIB, CLUSTER

COROSYNC_1 = b"""\
# Please read the corosync.conf.5 manual page
compatibility: whitetank

totem {
\tversion: 2
\tinterface {
\t\tringnumber: 0
\t\tbindnetaddr: 192.168.1.0
\t}
\tinterface {
\t\tringnumber: 1
\t}
}
  # the plugin
service {
\tname: pacemaker
\tver:  1
}
"""
COROSYNC_3 = b"""\
totem {
    cluster_name: web
}
nodelist {
    node {
        ring0_addr: fd00::1
        name: node1
        nodeid: 1
    }
    node {
        ring0_addr: fd00::2
        name: node2
        nodeid: 2
    }
}
quorum {
    provider: corosync_votequorum
    two_node: 1
    device {
        model: net
    }
}
logging {
    logfile: /var/log/cluster/my cluster: all.log
}
"""
# --- finding a parser


EXAMPLES = {
    "node1/etc/corosync/corosync.conf": COROSYNC_1,
    "node1/corosync.conf.txt": COROSYNC_3,
    "upload/conf (1)": COROSYNC_3,
    "etc/corosync/service.d/pcmk": b"service {\n  name: pacemaker\n  ver: 0\n}\n",
    "etc/ais/openais.conf": COROSYNC_1,
    "report.tar.gz!node1/cluster.conf": CLUSTER,
    "cib.xml": CIB,
    "cib.xml.live": CIB,
    "sos_commands/pacemaker/cibadmin_-Q": CIB,
    "sysinfo.txt": b"Platform: Linux\n",
    "installed-rpms": b"pacemaker-1.1.7-6.el6.x86_64\n",
    "etc/hosts": b"127.0.0.1 localhost\n",
    "etc/hostname": b"node1\n",
    "corosync.dump": b"totem.version (u32) = 2\nnodelist.local_node_pos (u32) = 0\nquorum.two_node (u8) = 1\n",
    "DC": b"",
    "members.txt": b"node1 node2 \n",
    "etc/sysconfig/pacemaker": b"PCMK_debug=no\n",
    "sos_commands/date/date": b"Sun Nov 22 07:20:55 UTC 2026\n",
    "etc/timezone": b"Europe/Berlin\n",
}


@pytest.mark.parametrize("path", EXAMPLES)
def test_exactly_one_parser_wants_a_file(path):
    assert len([parser for parser in config.PARSERS if parser.wants(path, EXAMPLES[path])]) == 1


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("cib.txt", b"node node1\nprimitive vip ocf:heartbeat:IPaddr2\nproperty stonith-enabled=false\n"),
        ("cib-12.raw", CIB),
        ("pengine/pe-input-3.xml", CIB),
        ("cib.xml", b"Connection to the CIB failed\n"),
        ("etc/corosync/corosync.conf.example", COROSYNC_1),
        ("etc/corosync/corosync.conf.rpmnew", COROSYNC_1),
        ("etc/corosync/corosync.conf~", COROSYNC_1),
        ("etc/cluster/cluster.conf.old", CLUSTER),
        ("etc/systemd/system/corosync.service.d/override.conf", b"[Service]\nRestart=no\n"),
        ("var/log/corosync.log", b"Nov 22 07:20:55 corosync [MAIN  ] totem { is a word\n"),
        ("crm_mon.xml", b'<?xml version="1.0"?>\n<crm_mon version="1.1.7">'),
        ("hosts", b"[web]\nnode1 ansible_host=192.168.1.1\n"),
        ("DC", b"a page of text about the DC\n"),
        ("proc/driver/clock", b"\0\0"),
        ("hostname", b"sh: hostname: command not found\n"),
        ("hb_uuid.txt", b"Could not open UUID file\n"),
    ],
)
def test_nobody_wants_what_is_no_configuration_in_force(path, head):
    assert config.find(path, head) is None


def test_the_parsers_are_not_imported_before_they_are_needed():
    code = "import sys, pcmklog.parsers.config; print('pyparsing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError):
        config.PARSER  # noqa: B018


# --- corosync.conf


def test_the_grammar_of_a_line():
    good, _ = corosync_conf.statement().run_tests(
        ["totem {", "interface{", "ring0_addr: fd00::1", "key:", "}"], print_results=False
    )
    bad, _ = corosync_conf.statement().run_tests(
        ["totem", "{", ": value", "} x", "service { name: pacemaker }"], print_results=False, failure_tests=True
    )
    assert good
    assert bad


def test_an_error_of_the_grammar_is_behind_the_token_that_decides():
    with pytest.raises(pp.ParseSyntaxException) as error:
        corosync_conf.statement().parse_string("service { name: pacemaker")
    assert error.value.column == 11


def test_sections_that_may_repeat_are_numbered():
    assert values("corosync.conf", COROSYNC_1) == {
        ("corosync.conf", "compatibility"): "whitetank",
        ("corosync.conf", "totem.version"): "2",
        ("corosync.conf", "totem.interface[0].ringnumber"): "0",
        ("corosync.conf", "totem.interface[0].bindnetaddr"): "192.168.1.0",
        ("corosync.conf", "totem.interface[1].ringnumber"): "1",
        ("corosync.conf", "service[0].name"): "pacemaker",
        ("corosync.conf", "service[0].ver"): "1",
    }


def test_values_may_hold_colons_and_blanks():
    found = values("corosync.conf", COROSYNC_3)
    assert found["corosync.conf", "nodelist.node[1].ring0_addr"] == "fd00::2"
    assert found["corosync.conf", "quorum.device.model"] == "net"
    assert found["corosync.conf", "logging.logfile"] == "/var/log/cluster/my cluster: all.log"


def test_a_setting_knows_its_line():
    assert Setting("corosync.conf", "service[0].ver", "1", 17) in read("corosync.conf", COROSYNC_1).settings


def test_the_parts_of_a_section_are_merged_and_the_last_value_counts():
    data = b"totem {\n token: 1000\n interface {\n }\n}\ntotem {\n token: 3000\n interface {\n  ttl: 1\n }\n}\n"
    assert [(s.path, s.value, s.line) for s in read("corosync.conf", data).settings] == [
        ("totem.token", "3000", 7),
        ("totem.interface[1].ttl", "1", 9),
    ]


def test_all_users_of_an_uidgid_section_count():
    data = b"uidgid {\n uid: 189\n uid: 190\n}\n"
    assert [s.value for s in read("etc/corosync/uidgid.d/hacluster", data).settings] == ["189", "190"]


def test_a_comment_begins_at_the_beginning_of_a_line_only():
    assert values("corosync.conf", b"totem {\n  #x: y\n  token: 1000 # ms\n}\n") == {
        ("corosync.conf", "totem.token"): "1000 # ms"
    }


def test_a_service_file_reads_as_corosync_conf():
    assert (
        values("corosync/service.d/pcmk", EXAMPLES["etc/corosync/service.d/pcmk"])["corosync.conf", "service[0].ver"]
        == "0"
    )


def test_line_ends_of_dos_are_no_part_of_a_value():
    assert values("corosync.conf", COROSYNC_1.replace(b"\n", b"\r\n")) == values("corosync.conf", COROSYNC_1)


def test_a_missing_brace_is_reported_with_the_section_it_belongs_to():
    result = read("corosync.conf", COROSYNC_3[: COROSYNC_3.index(b"    node {", 60)])
    assert places(result) == [(9, 6)]
    assert "expected '}' for the section `nodelist` that begins in line 4" in result.errors[0].text
    assert len(result.settings) == 4


def test_a_line_without_colon_is_an_error_and_reading_goes_on():
    result = read("corosync.conf", b"totem {\n  version 2\n  token: 1000\n}\n")
    assert places(result) == [(2, 3)]
    assert "`key: value`" in result.errors[0].text
    assert [s.value for s in result.settings] == ["1000"]


def test_a_brace_too_many_stops_the_reading():
    result = read("corosync.conf", b"totem {\n  version: 2\n}\n  }\nquorum {\n two_node: 1\n}\n")
    assert places(result) == [(4, 3)]
    assert "Unexpected closing brace" in result.errors[0].text
    assert [s.path for s in result.settings] == ["totem.version"]


def test_a_section_in_one_line_is_an_error():
    result = read("corosync.conf", b"service { name: pacemaker }\n")
    assert places(result) == [(1, 11)]
    assert "expected the end of the line, found 'name: pacemaker }'" in result.errors[0].text


def test_a_byte_order_mark_is_an_error():
    result = read("corosync.conf", b"\xef\xbb\xbftotem {\n version: 2\n}\n")
    assert places(result) == [(1, 1)]
    assert [s.path for s in result.settings] == ["totem.version"]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"totem {\n" + b"x" * 1_000_000, (2, 511)),
        (b"totem {\n version: 2\n to\0ken: 3\n", (3, 4)),
        (b"a {\n" * 10_000, (128, 1)),
        (b"{" * 10_000, (1, 511)),
        (b"}" * 100, (1, 2)),
        (b"\x80\x81 garbage \xff\n", (1, 1)),
        (b"a: b\n" * 20_001, (20_001, 1)),
    ],
    ids=["long line", "NUL", "deep", "many braces", "closing braces", "no UTF-8", "many lines"],
)
def test_a_hostile_file_gives_an_error(data, place):
    assert place in places(corosync_conf.settings(data))


def test_garbage_gives_few_errors():
    assert len(corosync_conf.settings(b"what is this\n" * 1000).errors) == 20


def test_invalid_utf_8_in_a_value_is_shown_as_such():
    assert corosync_conf.settings(b"totem {\n cluster_name: caf\xe9\n}\n").settings[0].value == "caf\ufffd"


def test_an_empty_file_has_nothing_to_say():
    assert read("corosync.conf", b"") == read("corosync.conf", b"# only\n\n  # comments\n")
