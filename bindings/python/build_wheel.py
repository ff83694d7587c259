"""
Writes a platform wheel that carries the library, with only the standard library and no network:

    python3 build_wheel.py FOLDER OUT

FOLDER is what bindings/native/publish.sh filled. The tag of the platform follows from the libraries: of Linux it is manylinux
with the glibc that they need (PEP 600), which readelf tells.
"""
from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NAMES = ("libflowengine*.so", "libflowengine*.dylib", "flowengine.dll")
METADATA = """\
Metadata-Version: 2.4
Name: flowengine
Version: {version}
Summary: Normalizing flows with a native library: likelihoods, latents, samples and training
License-Expression: MIT
License-File: LICENSE
License-File: THIRD-PARTY-NOTICES.txt
Requires-Python: >=3.9
Requires-Dist: numpy>=1.22
Provides-Extra: torch
Requires-Dist: torch>=1.13; extra == "torch"
Description-Content-Type: text/markdown

{readme}"""
# Of the libraries that PEP 600 lets a wheel take from the system, those that a program in C or C++ may need.
SYSTEM = {"libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "librt.so.1", "libstdc++.so.6"}
MACHINES = {"Advanced Micro Devices X86-64": "x86_64", "AArch64": "aarch64"}


def version() -> str:
    """The one version of everything here."""
    properties = (ROOT / "Directory.Build.props").read_text(encoding="utf-8")
    found = re.search(r"<Version>(.+?)</Version>", properties)
    assert found, "Directory.Build.props has no version"
    return found[1]


def platform(libraries: list[Path]) -> str:
    """The tag of the platform that the libraries are for: on Linux by what they need, elsewhere that of this machine."""
    if libraries[0].suffix != ".so":
        return sysconfig.get_platform().replace("-", "_").replace(".", "_")
    listed = subprocess.run(
        ["readelf", "--wide", "--file-header", "--dynamic", "--version-info", *libraries],
        check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    foreign = {name for name in re.findall(r"\(NEEDED\).*\[(.+)\]", listed) if not name.startswith("ld-linux")} - SYSTEM
    (machine,) = {MACHINES[name] for name in re.findall(r"Machine: +(.+)", listed)}
    if foreign:
        sys.exit(f"build_wheel.py: the libraries need {', '.join(sorted(foreign))}, which a system may not have")
    versions = {{"ABI_DT_RELR": "2.36"}.get(name, name) for name in re.findall(r"Name: GLIBC_(\S+)", listed)}
    major, minor = max(tuple(map(int, version.split(".")))[:2] for version in versions)
    return f"manylinux_{major}_{minor}_{machine}"


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: build_wheel.py FOLDER OUT", file=sys.stderr)
        return 2
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    libraries = sorted(path for name in NAMES for path in folder.glob(name))
    if not libraries:
        print(f"build_wheel.py: {folder} holds no library; run bindings/native/publish.sh", file=sys.stderr)
        return 1
    # The library does not use the C API of Python, so any Python 3 of the platform will do.
    tag = f"py3-none-{platform(libraries)}"
    info = f"flowengine-{version()}.dist-info"
    sources = sorted(path for path in (HERE / "flowengine").iterdir() if path.suffix in (".py", ".typed"))
    files = {f"flowengine/{path.name}": path.read_bytes() for path in sources}
    files |= {f"flowengine/lib/{path.name}": path.read_bytes() for path in libraries}
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    files[f"{info}/METADATA"] = METADATA.format(version=version(), readme=readme).encode()
    for path in ROOT / "LICENSE", folder / "THIRD-PARTY-NOTICES.txt":
        files[f"{info}/licenses/{path.name}"] = path.read_bytes()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: flowengine\nRoot-Is-Purelib: false\nTag: {tag}\n".encode())
    record = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},"
        f"{len(content)}" for name, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    out.mkdir(parents=True, exist_ok=True)
    wheel = out / f"flowengine-{version()}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if ".so" in name else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    print(wheel)
    return 0


if __name__ == "__main__":
    sys.exit(main())
