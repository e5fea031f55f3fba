"""Several bundles of one incident, an archive a node as most collectors leave them, make one report."""

import io
import tarfile
from pathlib import Path

import pytest

from pcmklog.analyze import analyze
from pcmklog.bundle import open_bundle
from tests.bundles import tar
from tests.corpus import ROOT

BUNDLES = ROOT / "sample_logs" / "bundles"
SAMPLES = [
    BUNDLES / "corosync3-killed-and-fenced.tar.gz",
    BUNDLES / "corosync3-partition.tar.bz2",
    BUNDLES / "plugin-v0-with-v1.tar.bz2",
]


def told(report):
    """What a report says, but for where it stands."""
    return [(f["code"], f["node"], f["nodes"], f["at"], f["title"], f["caused_by"]) for f in report["findings"]]


def by_node(bundle: Path, nodes):
    """The files of a bundle by the node whose folder they are in; those of the whole cluster count as the first's."""
    files: dict[str, list[tuple[str, bytes]]] = {}
    with tarfile.open(bundle) as archive:
        for member in archive:
            if member.isreg():
                path = member.name.split("/")
                at = next((n for n, part in enumerate(path) if part in nodes), None)
                owner = min(nodes) if at is None else path[at]
                inside = path[-1:] if at is None else path[at + 1 :]
                files.setdefault(owner, []).append(("/".join(inside), archive.extractfile(member).read()))
    return files


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda path: path.name)
def incident(request, tmp_path_factory):
    """A bundle, the report on it, and one archive a node: in some the folder is named after the node, in some not."""
    folder, report = tmp_path_factory.mktemp("incident"), analyze([request.param])
    nodes = {node["name"] for node in report["nodes"]}
    archives: list[Path] = []
    for name, files in sorted(by_node(request.param, nodes).items()):
        for style, top in (("named", f"sosreport-{name}-2026-11-22-abcdefg"), ("alike", "logs")):
            path = folder / f"{style}-{len(archives) // 2}.tar"
            path.write_bytes(tar(*((f"{top}/{inside}", data) for inside, data in files)))
            archives.append(path)
    return request.param, report, archives[::2], archives[1::2]


@pytest.mark.parametrize("which", [2, 3], ids=["named", "alike"])
def test_an_archive_a_node_gives_the_findings_of_the_whole(incident, which):
    whole, parts = incident[1], analyze(incident[which][::-1])
    assert told(parts) == told(whole)
    assert [node["name"] for node in parts["nodes"]] == [node["name"] for node in whole["nodes"]]
    assert parts["verdict"]["summary"] == whole["verdict"]["summary"]


def test_what_two_bundles_hold_alike_counts_once(incident):
    bundle, whole, named, _ = incident
    both = analyze([bundle, *named])
    assert told(both) == told(whole)
    assert [(s["node"], s["kind"], s["began"], s["outcome"]) for s in both["sequences"]] == [
        (s["node"], s["kind"], s["began"], s["outcome"]) for s in whole["sequences"]
    ]


def test_a_line_is_found_again_in_the_archive_that_holds_it(incident):
    _, _, named, _ = incident
    report = analyze(named)
    (proof, *_) = next(f["evidence"] for f in report["findings"] if f["node"])
    found = {m.path: m.stream.read() for m in open_bundle(named) if m.path == proof["file"]}
    line = io.BytesIO(found[proof["file"]]).readlines()[proof["line"] - 1]
    assert line.decode().rstrip("\r\n") == proof["text"]
