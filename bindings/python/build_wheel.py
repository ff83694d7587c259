"""
Writes a platform wheel that carries the library, with only the standard library and no network:

    python3 build_wheel.py FOLDER OUT [PLATFORM]

FOLDER is what bindings/native/publish.sh filled; PLATFORM is the tag of its platform, such as manylinux_2_34_aarch64, that
of this machine if it is not given.
"""
from __future__ import annotations

import base64
import hashlib
import re
import sys
import sysconfig
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("libflowengine*.so", "libflowengine*.dylib", "flowengine.dll")
METADATA = """\
Metadata-Version: 2.1
Name: flowengine
Version: {version}
Summary: Normalizing flows in a library of their own: likelihoods, latents, samples and training of Glow
License: MIT
Requires-Python: >=3.9
Requires-Dist: numpy>=1.22
Provides-Extra: torch
Requires-Dist: torch>=1.13; extra == "torch"
"""


def version() -> str:
    """The one version of everything here."""
    properties = (HERE.parents[1] / "Directory.Build.props").read_text(encoding="utf-8")
    found = re.search(r"<Version>(.+?)</Version>", properties)
    assert found, "Directory.Build.props has no version"
    return found[1]


def platform() -> str:
    """The tag of this machine's platform."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print("usage: build_wheel.py FOLDER OUT [PLATFORM]", file=sys.stderr)
        return 2
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    # The library does not use the C API of Python, so any Python 3 of the platform will do.
    tag = f"py3-none-{sys.argv[3] if len(sys.argv) == 4 else platform()}"
    libraries = sorted(path for name in NAMES for path in folder.glob(name))
    if not libraries:
        print(f"build_wheel.py: {folder} holds no library; run bindings/native/publish.sh", file=sys.stderr)
        return 1
    info = f"flowengine-{version()}.dist-info"
    sources = sorted(path for path in (HERE / "flowengine").iterdir() if path.suffix in (".py", ".typed"))
    files = {f"flowengine/{path.name}": path.read_bytes() for path in sources}
    files |= {f"flowengine/lib/{path.name}": path.read_bytes() for path in libraries}
    files[f"{info}/METADATA"] = METADATA.format(version=version()).encode()
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
