"""
Compares the sizes of the packages with the table of docs/install.md, within a tenth:

    sizes.py PACKAGES

UPDATE_DOCUMENTS=1 writes the table instead. A package without a row, or a row without a package, is an error.
"""
import os
import re
import sys
from pathlib import Path

packages = Path(sys.argv[1])
page = Path(__file__).resolve().parents[2] / "docs" / "install.md"
text = page.read_text(encoding="utf-8")
rows = re.findall(r"(?m)^(\| `(.+)` \|.* \| )([0-9.]+) \|$", text)
found = set()
for row, name, said in rows:
    (file,) = packages.glob(name if name.endswith((".gz", ".whl")) else f"{name}.[0-9]*.nupkg")
    found.add(file.name)
    size = file.stat().st_size / 1e6
    print(f"{size:8.2f} MB  {file.name}")
    if os.environ.get("UPDATE_DOCUMENTS") == "1":
        text = text.replace(f"{row}{said} |", f"{row}{size:.2f} |")
    elif not abs(size - float(said)) <= 0.1 * size + 0.005:
        sys.exit(f"{file.name} has {size:.2f} MB, docs/install.md says {said}")
without = {file.name for file in packages.iterdir()} - found - {"SHA256SUMS"}
without = {name for name in without if not name.endswith(".snupkg")}
if without:
    sys.exit(f"docs/install.md has no row for {', '.join(sorted(without))}")
page.write_text(text, encoding="utf-8")
