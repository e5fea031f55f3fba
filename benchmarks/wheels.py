"""python -m benchmarks.wheels: resolves the dependencies as wheels for every Python and platform that we name.

Nothing is installed, and nothing built: a platform without a wheel for something fails.  Prints the releases chosen.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GLIBC = ("2_17", "2_24", "2_26", "2_27", "2_28")
MACOS = {"arm64": range(11, 15), "x86_64": (*(f"10_{minor}" for minor in range(9, 16)), *range(11, 15))}
PLATFORMS = {
    **{
        f"Linux {machine}": (
            {"sys_platform": "linux", "platform_machine": machine},
            [f"manylinux2014_{machine}", *(f"manylinux_{glibc}_{machine}" for glibc in GLIBC)],
        )
        for machine in ("x86_64", "aarch64")
    },
    **{
        f"macOS {machine}": (
            {"sys_platform": "darwin", "platform_machine": machine},
            [
                f"macosx_{release if '_' in str(release) else f'{release}_0'}_{kind}"
                for release in MACOS[machine]
                for kind in (machine, "universal2")
            ],
        )
        for machine in ("arm64", "x86_64")
    },
}


def wanted(environment: dict[str, str]) -> list[str]:
    """Our dependencies on that platform; pip alone would ask the markers of this machine."""
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
    found = map(Requirement, project["dependencies"])
    return [f"{r.name}{r.specifier}" for r in found if r.marker is None or r.marker.evaluate(environment)]


def resolved(python: str, environment: dict[str, str], tags: list[str]) -> dict[str, str]:
    """The releases that pip chooses; CalledProcessError where it finds none."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"),
            *("--disable-pip-version-check", "--only-binary", ":all:", "--target", folder, "--report", "-"),
            *("--implementation", "cp", "--python-version", python),
            *(part for tag in tags for part in ("--platform", tag)),
            *wanted({**environment, "python_version": python, "platform_python_implementation": "CPython"}),
        ]
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {entry["metadata"]["name"]: entry["metadata"]["version"] for entry in report["install"]}


def main() -> int:
    lacking = 0
    for python in PYTHONS:
        for name, (environment, tags) in PLATFORMS.items():
            try:
                chosen = resolved(python, environment, tags)
                print(python, name, " ".join(f"{package}={version}" for package, version in sorted(chosen.items())))
            except subprocess.CalledProcessError as error:
                lacking += 1
                print(python, name, "LACKS:", error.stderr.strip().splitlines()[-1])
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
