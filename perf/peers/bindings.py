#!/usr/bin/env python3
"""
What embedding costs: size of the library, time to load it and to create a model, the first call, one image, and the
overhead of a call beside PyTorch's for the same small model. Needs the Python package; PyTorch for its column.

    FLOWENGINE_LIBRARY=artifacts/native/libflowengine.so PYTHONPATH=bindings/python python3 perf/peers/bindings.py

Each figure is a median; prints one JSON line.
"""
from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ONE_START = """
import ctypes, os, time
start = time.perf_counter()
lib = ctypes.CDLL(os.environ["FLOWENGINE_LIBRARY"])
options = (ctypes.c_int32 * 12)(48, 32, 32, 3, 2, 4, 64, 0, 0, 256, 0, 0)
model = ctypes.c_void_p()
assert lib.flow_model_create(b"glow", options, None, ctypes.byref(model)) == 0
created = time.perf_counter()
images = (ctypes.c_float * 3072)(*[i % 7 / 10 - 0.3 for i in range(3072)])
assert lib.flow_model_initialize(model, images, ctypes.c_size_t(3072), None) == 0
ready = time.perf_counter()
log_prob = ctypes.c_double()
assert lib.flow_model_log_prob(model, images, ctypes.c_size_t(3072), None, ctypes.byref(log_prob), ctypes.c_size_t(1)) == 0
print(created - start, time.perf_counter() - ready)
"""


def median_ms(function, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def main() -> None:
    import numpy as np

    import flowengine

    library = Path(os.environ["FLOWENGINE_LIBRARY"])
    result: dict[str, object] = {"instruction_set": flowengine.instruction_set(), "cores": os.cpu_count()}
    result["megabytes"] = {p.name: round(p.stat().st_size / 1e6, 2) for p in sorted(library.parent.glob("libflow*.so"))}
    starts = [
        [float(word) for word in subprocess.run(
            [sys.executable, "-c", ONE_START], capture_output=True, text=True, check=True).stdout.split()]
        for _ in range(11)]
    result["load_and_create_ms"] = round(1e3 * statistics.median(start[0] for start in starts), 2)
    result["first_call_ms"] = round(1e3 * statistics.median(start[1] for start in starts), 2)

    random = np.random.default_rng(0)

    def model(size, channels, levels, steps, hidden, threads, preset="glow"):
        flow = flowengine.Glow(levels=levels, steps=steps, hidden=hidden, threads=threads, preset=preset)
        images = (random.random((64, size, size, channels)) - 0.5).astype(np.float32)
        return flow.initialize(images), images

    flow, images = model(32, 3, 2, 4, 64, threads=1)
    result["one_image_32x32x3_K4_hidden64_one_core_ms"] = round(median_ms(lambda: flow.log_prob(images[:1]), 300), 3)

    tiny, small = model(8, 1, 1, 1, 8, threads=1, preset="rosinality")
    result["tiny_call_us"] = round(1e3 * median_ms(lambda: tiny.log_prob(small[:1]), 2000), 1)
    try:
        import torch

        sys.path.insert(0, str(Path(__file__).parent))
        import torch_glow
        torch.set_num_threads(1)
        peer = torch_glow.Glow(1, 1, 1, 8)
        x = torch.rand(1, 1, 8, 8) - 0.5
        with torch.no_grad():
            pairs = [(median_ms(lambda: tiny.log_prob(small[:1]), 100), median_ms(lambda: peer(x), 100))
                     for _ in range(11)]
        result["tiny_call_torch_us"] = round(1e3 * statistics.median(pair[1] for pair in pairs), 1)
        result["tiny_call_torch_ratio"] = round(statistics.median(pair[1] / pair[0] for pair in pairs), 1)
    except ImportError:
        result["tiny_call_torch_us"] = None

    def rate(threads: int) -> float:
        done = [0] * threads
        stop = time.perf_counter() + 1.0

        def score(index: int) -> None:
            while time.perf_counter() < stop:
                flow.log_prob(images[:8])
                done[index] += 8

        workers = [threading.Thread(target=score, args=(index,)) for index in range(threads)]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sum(done) / (time.perf_counter() - start)

    pairs = [(rate(1), rate(2), rate(8)) for _ in range(5)]
    result["two_threads_over_one"] = round(statistics.median(two / one for one, two, _ in pairs), 2)
    result["eight_threads_over_one"] = round(statistics.median(eight / one for one, _, eight in pairs), 2)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
