"""
Compares THIRD-PARTY-NOTICES.txt with the NuGet packages that the shipped projects use, with their licences:

    python3 bindings/notices.py [NOTICES]

The packages are those of which the restored projects get assemblies, and the runtime that NativeAOT links. It fails where one
is not in the list, where its licence is another, and where the list has one that no project uses.
"""
from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = ("engine/*", "bindings/*", "kernels/FlowEngine.Kernels", "kernels/FlowEngine.Conformance")


def packages(assets: dict) -> set[tuple[str, str]]:
    """The packages of a restored project that are in what it makes, by name and version."""
    used = {
        tuple(name.split("/")) for target in assets["targets"].values() for name, library in target.items()
        if library["type"] == "package" and any(not path.endswith("/_._") for path in library.get("runtime", ()))}
    linked = {
        (package["name"], package["version"].strip("[]").split(",")[0])
        for framework in assets["project"]["frameworks"].values() for package in framework.get("downloadDependencies", ())
        if ".NativeAOT." in package["name"]}
    return used | linked


def licence(folders: list[Path], name: str, version: str) -> str:
    """The SPDX expression that the package states, or where else it has its licence: "file" or "url"."""
    file = f"{name.lower()}/{version}/{name.lower()}.nuspec"
    text = next(folder / file for folder in folders if (folder / file).is_file()).read_text(encoding="utf-8-sig")
    stated = re.search(r'<license type="(\w+)">(.+?)</license>', text)
    return "url" if stated is None else stated[2] if stated[1] == "expression" else stated[1]


def main() -> int:
    notices = Path(sys.argv[1]) if len(sys.argv) == 2 else ROOT / "THIRD-PARTY-NOTICES.txt"
    listed = set(re.findall(r"(?m)^== (.+)$", notices.read_text(encoding="utf-8")))
    restored = [path for project in PROJECTS for path in sorted(ROOT.glob(f"{project}/obj/project.assets.json"))]
    if not restored:
        print("notices.py: no project is restored; run dotnet build FlowEngine.sln", file=sys.stderr)
        return 1
    used = set()
    for path in restored:
        assets = json.loads(path.read_text(encoding="utf-8"))
        folders = [Path(folder) for folder in assets["packageFolders"]]
        for name, version in packages(assets):
            # The runtime has a package for each platform.
            used.add(f"{re.sub(r'(?<=NativeAOT)[.].*', '', name)} ({licence(folders, name, version)})")
    for line in sorted(used - listed):
        print(f"notices.py: {line} is used, and {notices.name} has no line '== {line}'", file=sys.stderr)
    for line in sorted(listed - used):
        print(f"notices.py: {notices.name} has {line}, which no project uses", file=sys.stderr)
    return int(used != listed)


if __name__ == "__main__":
    sys.exit(main())
