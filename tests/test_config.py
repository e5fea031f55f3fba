import subprocess
import sys

import pyparsing as pp
import pytest

from pcmklog.model import Setting
from pcmklog.parsers import config
from pcmklog.parsers.config import cib_xml, cluster_conf, corosync_conf

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
CLUSTER = b"""\
<?xml version="1.0"?>
<!-- made by hand -->
<cluster name="web" config_version="3">
  <cman two_node="1" expected_votes="1"/>
  <clusternodes>
    <clusternode name="node1" nodeid="1">
      <fence><method name="redirect"><device name="pcmk" port="node1"/></method></fence>
    </clusternode>
    <clusternode name="node2" nodeid="2" votes="2"/>
  </clusternodes>
  <fencedevices>
    <fencedevice name="pdu" agent="fence_pdu" passwd="mellon"/>
  </fencedevices>
</cluster>
"""
CIB = b"""\
<cib crm_feature_set="3.0.6" validate-with="pacemaker-1.2" epoch="7" num_updates="2" admin_epoch="0" dc-uuid="node1">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="a" name="stonith-enabled" value="true"/>
        <nvpair id="b" name="cluster-infrastructure" value="openais"/>
      </cluster_property_set>
    </crm_config>
    <nodes>
      <node id="node1" uname="node1" type="normal"/>
      <node id="node2" uname="node2" type="normal">
        <instance_attributes id="n"><nvpair id="c" name="standby" value="on"/></instance_attributes>
      </node>
    </nodes>
    <resources>
      <primitive id="pdu" class="stonith" type="fence_pdu">
        <instance_attributes id="p">
          <nvpair id="d" name="passwd" value="mellon"/>
          <nvpair id="e" name="pcmk_host_list" value="node1 node2"/>
        </instance_attributes>
      </primitive>
      <group id="web">
        <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
          <meta_attributes id="m"><nvpair id="f" name="is-managed" value="false"/></meta_attributes>
          <operations>
            <op id="o" name="monitor" interval="10s">
              <meta_attributes id="q"><nvpair id="g" name="timeout" value="5"/></meta_attributes>
            </op>
          </operations>
        </primitive>
      </group>
    </resources>
    <rsc_defaults>
      <meta_attributes id="r"><nvpair id="h" name="resource-stickiness" value="100"/></meta_attributes>
    </rsc_defaults>
  </configuration>
  <status>
    <node_state id="node1" uname="node1" ha="active" in_ccm="true" crmd="online" join="member" expected="member">
      <lrm id="node1"><lrm_resources>
        <lrm_resource id="vip" type="IPaddr2" class="ocf" provider="heartbeat">
          <lrm_rsc_op id="vip_last_0" operation="start" rc-code="0" interval="0" last-rc-change="1400000000"/>
        </lrm_resource>
      </lrm_resources></lrm>
    </node_state>
  </status>
</cib>
"""


def read(path, data):
    """The file as the front end reads it: the parser that wants it, and what that gives."""
    parser = config.find(path, data[:65536])
    assert parser is not None, path
    return parser.settings(data)


def values(path, data):
    return {(s.file, s.path): s.value for s in read(path, data).settings}


def places(result):
    return [(error.line, error.column) for error in result.errors]


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


# --- XML


def test_cluster_conf_numbers_what_may_repeat():
    found = values("cluster.conf", CLUSTER)
    assert found["cluster.conf", "cluster.config_version"] == "3"
    assert found["cluster.conf", "cluster.cman.two_node"] == "1"
    assert found["cluster.conf", "cluster.clusternodes.clusternode[1].votes"] == "2"
    assert found["cluster.conf", "cluster.clusternodes.clusternode[0].fence.method[0].device[0].port"] == "node1"
    assert found["cluster.conf", "cluster.fencedevices.fencedevice[0].agent"] == "fence_pdu"
    assert Setting("cluster.conf", "cluster.cman.two_node", "1", 4) in cluster_conf.settings(CLUSTER).settings


@pytest.mark.parametrize("path", ["cluster.conf", "cib.xml"])
def test_passwords_do_not_become_settings(path):
    assert "mellon" not in values(path, CLUSTER if path == "cluster.conf" else CIB).values()


def test_the_cib_gives_what_the_rules_ask_for():
    found = {path: value for (file, path), value in values("cib.xml", CIB).items() if file == "cib.xml"}
    assert (
        found.items()
        >= {
            "cib.crm_feature_set": "3.0.6",
            "cib.epoch": "7",
            "cib.dc-uuid": "node1",
            "property.stonith-enabled": "true",
            "property.cluster-infrastructure": "openais",
            "node[1].uname": "node2",
            "node[1].attribute.standby": "on",
            "primitive[0].class": "stonith",
            "primitive[0].param.pcmk_host_list": "node1 node2",
            "primitive[1].provider": "heartbeat",
            "primitive[1].meta.is-managed": "false",
            "resources.stonith": "1",
            "rsc_default.resource-stickiness": "100",
            "node_state[0].crmd": "online",
            "node_state[0].expected": "member",
            "lrm_rsc_op[0].rc-code": "0",
            "lrm_rsc_op[0].last-rc-change": "1400000000",
            "lrm_rsc_op[0].resource": "vip",
            "lrm_rsc_op[0].on_node": "node1",
        }.items()
    )
    assert not any("timeout" in path for path in found)


def test_a_cib_that_was_cut_gives_what_stands_before_the_cut():
    result = read("cib.xml", CIB[: CIB.index(b"    </nodes>")])
    assert "property.stonith-enabled" in [s.path for s in result.settings]
    assert places(result) == [(14, 1)]
    assert result.errors[0].text == "expected </nodes>, found the end of the file"


@pytest.mark.parametrize("module", [cluster_conf, cib_xml], ids=["cluster.conf", "cib.xml"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"<cib epoch='\xff'/>",
        b"<cib " + b"x" * 1_000_000,
        b"<cib>" + b"<a>" * 10_000,
        b"<cib></cluster>",
        b'<!DOCTYPE cib [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><cib epoch="&b;"/>',
        b'<!DOCTYPE cib [<!ENTITY a SYSTEM "file:///etc/hostname">]><cib>&a;</cib>',
    ],
    ids=["empty", "NUL", "no UTF-8", "long line", "deep", "crossed", "bomb", "external entity"],
)
def test_hostile_xml_gives_an_error(module, data):
    result = module.settings(data)
    assert len(result.errors) == 1
    assert result.settings == ()


def test_the_kind_of_xml_is_seen_behind_comments_and_a_document_type():
    assert config.find("x", b"<?xml version='1.0'?>\n<!-- <cluster> -->\n<!DOCTYPE cib>\n<cib epoch='1'/>") is cib_xml
    assert config.find("x", b"<!-- never closed <cib>") is None
    assert config.find("cib.xml", b"<!-- never closed <cib>") is cib_xml


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
