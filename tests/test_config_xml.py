"""cluster.conf and cib.xml."""

import pytest

from pcmklog.model import Setting
from pcmklog.parsers import config
from pcmklog.parsers.config import cib_xml, cluster_conf
from tests.configs import places, read, values

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
