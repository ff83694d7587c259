"""Makes the small data sets that README.md and the pages of docs name, in a folder: material.py FOLDER."""
import json
import pathlib
import shutil
import struct
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(0)


def pictures(count: int, size: int, channels: int) -> np.ndarray:
    """A bright disk on a dark ground for each image, (count, size, size, channels), uint8."""
    center = random.uniform(size / 4, 3 * size / 4, (count, 2, 1, 1))
    rows, columns = np.mgrid[:size, :size]
    far = (rows - center[:, 0]) ** 2 + (columns - center[:, 1]) ** 2
    noise = random.uniform(0, 30, (count, size, size, channels))
    return (200 * np.exp(-far / size)[..., None] + noise).astype(np.uint8)


def idx(name: str, array: np.ndarray) -> None:
    """A file of MNIST's format: type and rank, lengths, bytes."""
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    (folder / "mnist" / name).write_bytes(head + array.astype(np.uint8).tobytes())


def cifar(name: str, count: int) -> None:
    """Records of CIFAR-10: a label, then planes of red, green and blue."""
    planes = pictures(count, 32, 3).transpose(0, 3, 1, 2).reshape(count, -1)
    labels = random.integers(0, 10, (count, 1), dtype=np.uint8)
    (folder / "cifar10" / name).write_bytes(np.concatenate([labels, planes], 1).tobytes())


for name in "mnist", "cifar10", "pictures":
    (folder / name).mkdir()
for part, count in ("train", 64), ("t10k", 16):
    idx(f"{part}-images-idx3-ubyte", pictures(count, 28, 1)[..., 0])
    idx(f"{part}-labels-idx1-ubyte", random.integers(0, 10, count))
for number in range(1, 6):
    cifar(f"data_batch_{number}.bin", 8)
cifar("test_batch.bin", 8)
for number, picture in enumerate(pictures(40, 10, 3)):
    (folder / "pictures" / f"{number:02d}.ppm").write_bytes(b"P6 10 10 255\n" + picture.tobytes())
for name, count in ("photos", 24), ("more-photos", 6):
    (folder / name).mkdir()
    for number, picture in enumerate(pictures(count, 80, 3)):
        cut = picture[: 70 + 10 * (number % 2)]
        (folder / name / f"{number:02d}.ppm").write_bytes(b"P6 80 %d 255\n" % len(cut) + cut.tobytes())
np.savez(folder / "images.npz", images=pictures(64, 8, 1))

age = random.uniform(18, 80, 400)
height = random.normal(1.7, 0.1, 400)
income = np.exp(random.normal(10, 0.3, 400) + age / 100)
kind = np.where(income > np.median(income), "high", "low")
odd = np.zeros(400, int)
odd[:20] = 1
with open(folder / "table.csv", "w") as table:
    print("age,height,income,kind", file=table)
    for row in zip(age, height, income, kind):
        print("%.2f,%.2f,%.2f,%s" % row, file=table)
with open(folder / "labeled.csv", "w") as table:
    print("age,height,income,odd", file=table)
    for row in zip(age + 60 * odd, height, income, odd):
        print("%.2f,%.2f,%.2f,%d" % row, file=table)

# A flow that zuko trained, rows, and what zuko says of them.
recorded = pathlib.Path(__file__).parent.parent / "FlowEngine.Tests" / "Golden" / "foreign" / "zuko-nsf"
for name in "weights.safetensors", "flow.json":
    shutil.copy(recorded / name, folder)
content = (recorded / "io.safetensors").read_bytes()
start = 8 + struct.unpack("<Q", content[:8])[0]
for name, file in ("x", "rows.txt"), ("log_prob", "recorded_log_prob.txt"):
    tensor = json.loads(content[8:start])[name]
    first, last = tensor["data_offsets"]
    np.savetxt(folder / file, np.frombuffer(content[start + first:start + last]).reshape(tensor["shape"]))
