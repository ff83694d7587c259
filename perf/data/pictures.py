#!/usr/bin/env python3
"""
How fast are 10,000 JPEGs of mixed sizes read the first time, and how much slower is training from what is kept of them than from
memory? Needs numpy and Pillow; the pictures are made of a seed.

    perf/data/pictures.py FLOW FOLDER [--count 10000] [--runs 3]

FLOW is the flow command; FOLDER gets the pictures (700 MB in all) and keeps them for the next time. Prints the images a second of
`flow prepare --size 128`, then medians of training on the prepared set, which stays in its file, and on the same pixels in a
.npz, which is loaded into memory: the runs take turns, the first of each kind is not counted.
"""
from __future__ import annotations

import argparse
import io
import shutil
import statistics
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from process import Run, metrics

# 9,000 training images of that size are more than the 256 MB up to which a file is read into memory.
SIZE = 128
BATCH, UPDATES = 32, 40
MODEL = ["--levels", "3", "--steps", "1", "--hidden", "16", "--batch", str(BATCH), "--seed", "1"]


def make(folder: Path, first: int, count: int) -> None:
    """Parts of one large picture, 320x240 to 1024x768 and upright or not."""
    random = np.random.default_rng(24)
    coarse = random.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((1536, 1152), Image.BICUBIC), dtype=np.int16)
    canvas = Image.fromarray(np.clip(smooth + random.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8))
    for index in range(first, first + count):
        random = np.random.default_rng((24, index))
        width = int(random.integers(320, 1025))
        height = width * 3 // 4
        width, height = (height, width) if index % 4 == 0 else (width, height)
        left, top = int(random.integers(0, 1536 - width)), int(random.integers(0, 1152 - height))
        buffer = io.BytesIO()
        canvas.crop((left, top, left + width, top + height)).save(buffer, "JPEG", quality=int(random.integers(75, 93)))
        (folder / f"{index:05}.jpg").write_bytes(buffer.getvalue())


def first_pass(flow: str, pictures: Path, prepared: Path, loaded: Path) -> None:
    """Prepares the pictures, tells how fast, and copies the pixels to what is loaded into memory."""
    shutil.rmtree(prepared, ignore_errors=True)
    run = Run(flow, "prepare", pictures, prepared, "--size", str(SIZE))
    print(f"first pass: {run}: {run.output.strip().splitlines()[-1]}", flush=True)

    # The same 32 images judge both.
    test = prepared / "test_images.npy"
    count = len(np.load(test, mmap_mode="r"))
    np.save(test, np.load(test)[:BATCH])
    description = prepared / "images.json"
    description.write_text(description.read_text().replace(f'"test": {count}', f'"test": {BATCH}'))
    np.savez(loaded, x_train=np.load(prepared / "train_images.npy"), x_test=np.load(test))


def later_passes(flow: str, folder: Path, prepared: Path, loaded: Path, count: int) -> None:
    """Trains on both in turns; the first turn is not counted."""
    speeds: dict[str, list[float]] = {"file": [], "memory": []}
    runs: dict[str, Run] = {}
    losses: dict[str, list[float]] = {}
    for turn in range(count + 1):
        for kind, data in (("file", prepared), ("memory", loaded)):
            out = folder / f"run-{kind}"
            shutil.rmtree(out, ignore_errors=True)
            runs[kind] = Run(flow, "train", "--data", data, "--out", out, "--images", str(BATCH * UPDATES), *MODEL)
            lines = metrics(out, "train")
            losses[kind] = [line["bits_per_dim"] for line in lines]
            if turn > 0:
                # The first updates are compiled while they run.
                seconds = np.diff([line["seconds"] for line in lines])[10:]
                speeds[kind].append(BATCH / float(np.median(seconds)))
    for kind, values in speeds.items():
        print(f"{kind}: {statistics.median(values):.1f} images/s of {min(values):.1f} to {max(values):.1f}; {runs[kind]}")
    ratios = [a / b for a, b in zip(speeds["file"], speeds["memory"])]
    print(
        f"file by memory, median of {len(ratios)} pairs: {statistics.median(ratios):.3f}; "
        f"the same losses: {losses['file'] == losses['memory']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flow")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()

    pictures = options.folder / f"pictures-{options.count}"
    if not pictures.is_dir():
        unfinished = options.folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        with ProcessPoolExecutor() as pool:
            for job in [pool.submit(make, unfinished, first, min(250, options.count - first)) for first in range(0, options.count, 250)]:
                job.result()
        unfinished.rename(pictures)

    prepared, loaded = options.folder / "prepared", options.folder / "loaded.npz"
    first_pass(options.flow, pictures, prepared, loaded)
    later_passes(options.flow, options.folder, prepared, loaded, options.runs)


if __name__ == "__main__":
    main()
