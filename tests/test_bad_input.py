"""Input that is not what it should be: one clear sentence, the right exit status, nothing lost in silence."""

import gzip
import io
import json
import tarfile

import pytest

BANNER = b"Nov 02 10:15:01 [40] node1 corosync notice  [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n"
FORK = b"Nov 02 10:15:02 node1 pacemakerd          [51] (start_child) \tinfo: Forked child 55 for process lrmd\n"


def report(run, *paths):
    done = run("analyze", *map(str, paths), "--format", "json", "--output", "-")
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def refusal(run, *paths):
    done = run("analyze", *map(str, paths), "--format", "json", "--output", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def bundle(path, members):
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1795000000
            tar.addfile(info, io.BytesIO(data))
    return path


def test_a_file_that_is_no_bundle_is_refused(run, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    assert "picture.png" in refusal(run, path)


def test_an_empty_file_is_refused(run, tmp_path):
    path = tmp_path / "empty.tar"
    path.touch()
    assert "empty" in refusal(run, path)


def test_a_missing_file_is_refused(run, tmp_path):
    assert "nothing.tar" in refusal(run, tmp_path / "nothing.tar")


def test_a_bundle_without_cluster_logs_is_refused(run, tmp_path):
    path = bundle(tmp_path / "other.tar.gz", {"node1/readme.txt": b"nothing to see\n", "node1/data.csv": b"a,b\n1,2\n"})
    assert "no cluster log" in refusal(run, path)


def test_a_truncated_archive_gives_what_came(run, tmp_path):
    noise = b"".join(b"Nov 02 10:16:%02d node1 cron[%d]: job %d\n" % (n % 60, n, n * 7919) for n in range(40000))
    whole = bundle(tmp_path / "whole.tar.gz", {"node1/corosync.log": BANNER, "node1/messages": noise}).read_bytes()
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(whole[: len(whole) // 2])
    found = report(run, path)
    assert [node["name"] for node in found["nodes"]] == ["node1"]
    assert any(note["code"] == "LOG003" for note in found["unread"])
    assert "LOG003" in {finding["code"] for finding in found["findings"]}


@pytest.mark.parametrize(
    "name", ["../../../etc/node1/corosync.log", "/etc/node1/corosync.log", "node1/co\x07ro\nsync.log"]
)
def test_names_that_would_leave_the_bundle_stay_in_it(run, tmp_path, name):
    path = bundle(tmp_path / "names.tar.gz", {name: BANNER, "node1/pacemaker.log": FORK})
    found = report(run, path)
    files = [file for node in found["nodes"] for file in node["files"]]
    assert files
    assert all(not file.startswith("/") and ".." not in file.split("/") and file.isprintable() for file in files)


def test_links_and_devices_are_never_followed(run, tmp_path):
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w") as tar:
        for name, kind, target in (
            ("node1/passwd", tarfile.SYMTYPE, "/etc/passwd"),
            ("node1/up", tarfile.SYMTYPE, "../../x"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            tar.addfile(info)
        device = tarfile.TarInfo("node1/disk")
        device.type = tarfile.BLKTYPE
        tar.addfile(device)
        info = tarfile.TarInfo("node1/corosync.log")
        info.size = len(BANNER)
        tar.addfile(info, io.BytesIO(BANNER))
    found = report(run, path)
    assert [source["path"] for source in found["sources"]] == ["node1/corosync.log"]
    assert "root:" not in json.dumps(found)


def test_a_line_of_a_gigabyte_is_cut(run, tmp_path):
    path = tmp_path / "long.log.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(BANNER)
        for _ in range(1024):
            out.write(b"x" * (1 << 20))
        out.write(b"\n" + FORK)
    found = report(run, path)
    assert found["bundle"]["lines"] == 3
    assert found["bundle"]["classified"] == 2
    assert any("cut" in note["text"] for note in found["unread"])


def test_dirt_and_line_ends_of_other_systems_hide_nothing(run, tmp_path):
    data = BANNER.replace(b"\n", b"\r\n") + b"\0\0\0\0\n\xff\xfe\xfd\n" + FORK.replace(b"\n", b"\r\n")
    found = report(run, bundle(tmp_path / "dirt.tar.gz", {"node1/pacemaker.log": data}))
    assert found["bundle"]["lines"] == 4
    assert found["bundle"]["classified"] == 2


def test_a_member_without_logs_is_named(run, tmp_path):
    conf = b"nodelist {\n node {\n  name: node1\n  nodeid: 1\n }\n node {\n  name: node2\n  nodeid: 2\n }\n}\n"
    found = report(run, bundle(tmp_path / "one.tar.gz", {"node1/corosync.conf": conf, "node1/corosync.log": BANNER}))
    assert {node["name"] for node in found["nodes"]} == {"node1", "node2"}
    assert [finding["node"] for finding in found["findings"] if finding["code"] == "LOG001"] == ["node2"]


def test_one_node_under_two_roots_is_one_node(run, tmp_path):
    a = bundle(tmp_path / "a.tar.gz", {"node1/corosync.log": BANNER})
    b = bundle(tmp_path / "b.tar.gz", {"node1/pacemaker.log": FORK})
    found = report(run, a, b)
    assert [node["name"] for node in found["nodes"]] == ["node1"]
    assert len(found["nodes"][0]["files"]) == 2


def test_two_hosts_of_one_name_are_told_with_both_addresses(run, tmp_path):
    link = (
        BANNER
        + b"Nov 02 10:15:02 [40] node1 corosync notice  [TOTEM ] Configured link number 0: local addr: %s, port=5405\n"
    )
    a = bundle(tmp_path / "a.tar.gz", {"node1/corosync.log": link % b"10.0.0.1"})
    b = bundle(tmp_path / "b.tar.gz", {"node1/corosync.log": link % b"10.0.0.2"})
    found = report(run, a, b)
    assert [(node["name"], node["addresses"]) for node in found["nodes"]] == [("node1", ["10.0.0.1", "10.0.0.2"])]


def test_a_rule_that_fails_costs_only_itself(run, tmp_path):
    page = "A rule.\n\n## What it finds\nx\n\n## Why it matters\nx\n\n## What to do\nx\n"
    code = '@rule("USR001", "breaks", "error")\ndef breaks(store):\n    raise KeyError("x")\n'
    rule = f'"""{page}"""\nfrom pcmklog.rule import rule\n{code}'
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/usr001.py").write_text(rule)
    path = bundle(tmp_path / "one.tar.gz", {"node1/corosync.log": BANNER})
    done = run("analyze", path, "--rules", tmp_path / "rules", "--format", "json", "--output", "-")
    notes = [note for note in json.loads(done.stdout)["unread"] if note["path"] == "rule USR001"]
    assert [note["text"] for note in notes] == ["It failed: KeyError: 'x'"]


def test_errors_that_nobody_explained_are_listed_in_every_view(run, tmp_path):
    lines = [
        "Jun 01 10:00:00 node1 crmd[12]:   notice: A peculiar thing",
        *(
            f"Jun 01 10:00:0{i} node1 crmd[12]:    error: A peculiar thing broke after {i} s at 0x5f{i}"
            for i in range(1, 4)
        ),
        "Jun 01 10:00:05 node1 cib[13]:     crit: Another <b>peculiar</b> thing",
        "Jun 01 10:00:06 node1 sshd[14]:    error: not of the cluster",
    ]
    path = bundle(tmp_path / "one.tar.gz", {"node1/messages": BANNER + "\n".join(lines).encode() + b"\n"})
    found = report(run, path)
    assert [(row["level"], row["daemon"], row["text"], row["count"], row["nodes"]) for row in found["unexplained"]] == [
        ("crit", "cib", "Another <b>peculiar</b> thing", 1, ["node1"]),
        ("error", "crmd", "A peculiar thing broke after # s at #", 3, ["node1"]),
    ]
    first = found["unexplained"][1]["evidence"]
    assert first["text"].endswith("broke after 1 s at 0x5f1")
    assert [source["unexplained"] for source in found["sources"] if source["path"].endswith("messages")] == [4]
    for view, marks in (
        ("html", "Another &lt;b&gt;peculiar"),
        ("md", "`Another <b>peculiar</b> thing`"),
        ("text", "node1/messages:6"),
    ):
        shown = run("analyze", path, "--format", view, "--output", "-").stdout
        assert "nobody explained" in shown
        assert marks in shown
