#!/usr/bin/env python3
"""
How much memory does training take from a set of 20 GB? Needs numpy; the set is made of a seed and deleted at the end.

    perf/data/large.py FLOW FOLDER [--kind images|table] [--gigabytes 20] [--updates 500]

FLOW is the flow command; FOLDER gets the set. images: CIFAR-10 records, five files and 1,000 test images. table: rows of 512
float32 in train.npy, and 1,000 each in val.npy and test.npy. The same model is trained on a thousandth of it, too: the
difference in anonymous memory is what the size of the set costs. The system's cache of files is not the program's memory.
"""
from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np

from process import Run

RECORD = 3073
COLUMNS = 512
CHUNK = 20_000
MODELS = {
    "images": ["--levels", "2", "--steps", "2", "--hidden", "32"],
    "table": ["--model", "maf", "--blocks", "2", "--hidden", "256"],
}


def records(path: Path, count: int, random: np.random.Generator) -> None:
    """CIFAR-10 records: a label and 32x32x3 levels."""
    with path.open("wb") as file:
        for first in range(0, count, CHUNK):
            rows = np.frombuffer(random.bytes(min(CHUNK, count - first) * RECORD), np.uint8).reshape(-1, RECORD).copy()
            rows[:, 0] %= 10
            rows.tofile(file)


def rows(path: Path, count: int, random: np.random.Generator) -> None:
    """Rows of correlated columns, none a copy or constant."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (count, COLUMNS)})
        for first in range(0, count, CHUNK):
            part = random.random((min(CHUNK, count - first), COLUMNS), dtype=np.float32)
            part[:, 1:] += part[:, :-1]
            part.tofile(file)


def make(folder: Path, kind: str, length: int) -> int:
    """Makes a set of a length in bytes; returns its training samples."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    random = np.random.default_rng(20)
    if kind == "images":
        count = length // RECORD // 5
        for batch in range(1, 6):
            records(folder / f"data_batch_{batch}.bin", count, random)
        records(folder / "test_batch.bin", 1000, random)
        return 5 * count
    count = length // COLUMNS // 4
    for part, size in (("train", count), ("val", 1000), ("test", 1000)):
        rows(folder / f"{part}.npy", size, random)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flow")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=MODELS, default="images")
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--updates", type=int, default=500)
    options = parser.parse_args()

    length = int(options.gigabytes * 1e9)
    options.folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(options.folder).free
    if free < length * 1.05:
        raise SystemExit(f"{options.folder}: {free / 1e9:.1f} GB are free, expected {length * 1.05 / 1e9:.1f}")

    data, run = options.folder / "set", options.folder / "run"
    taken = {}
    for name, size in (("small", length // 1000), ("large", length)):
        count = make(data, options.kind, size)
        stored = sum(file.stat().st_blocks * 512 for file in data.iterdir())
        shutil.rmtree(run, ignore_errors=True)
        taken[name] = Run(
            options.flow, "train", "--data", data, "--out", run, "--batch", "64", "--samples", str(64 * options.updates),
            "--seed", "1", *MODELS[options.kind])
        print(
            f"{name}: {count} samples, {stored / 1e9:.2f} GB on disk; {options.updates} updates and evaluations: {taken[name]}\n"
            f"  {taken[name].output.strip().splitlines()[-1].split(';')[0]}",
            flush=True)
        shutil.rmtree(data)
    print(f"the size of the set costs {taken['large'].anonymous - taken['small'].anonymous:.0f} MB of memory")


if __name__ == "__main__":
    main()
