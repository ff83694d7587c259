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
import tempfile
import time
from pathlib import Path

ONE_START = """
import ctypes, os, time
start, worked = time.perf_counter(), time.process_time()
lib = ctypes.CDLL(os.environ["FLOWENGINE_LIBRARY"])
options = (ctypes.c_int32 * 12)(48, 32, 32, 3, 2, 4, 64, 0, 0, 256, 0, 0)
model = ctypes.c_void_p()
assert lib.flow_model_create(b"glow", options, None, ctypes.byref(model)) == 0
created, worked = time.perf_counter(), time.process_time() - worked
images = (ctypes.c_float * 3072)(*[i % 7 / 10 - 0.3 for i in range(3072)])
assert lib.flow_model_initialize(model, images, ctypes.c_size_t(3072), None) == 0
ready = time.perf_counter()
log_prob = ctypes.c_double()
assert lib.flow_model_log_prob(model, images, ctypes.c_size_t(3072), None, ctypes.byref(log_prob), ctypes.c_size_t(1)) == 0
print(created - start, time.perf_counter() - ready, worked)
"""


ONE_TEAM = """
import sys, threading, time
import numpy as np
import flowengine
flow = flowengine.load(sys.argv[1], threads=1)
images = (np.random.default_rng(0).random((8, *flow.input_shape)) - 0.5).astype(np.float32)
count = int(sys.argv[2])
flow.log_prob(images)
print("ready", flush=True)
for line in sys.stdin:
    start, done = float(line), [0] * count
    def score(index):
        while time.time() < start:
            time.sleep(1e-4)
        while time.time() < start + 0.5:
            flow.log_prob(images)
            done[index] += len(images)
    workers = [threading.Thread(target=score, args=(index,)) for index in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(sum(done), flush=True)
"""


class Team:
    """Processes that score images at the same time, each on some threads, one thread to a call."""

    def __init__(self, checkpoint: str, processes: int, threads: int) -> None:
        per_process = threads // processes
        self._processes = [subprocess.Popen(
            [sys.executable, "-c", ONE_TEAM, checkpoint, str(per_process)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True) for _ in range(processes)]
        for process in self._processes:
            assert process.stdout.readline() == "ready\n"

    def rate(self) -> float:
        """Images in half a second."""
        start = time.time() + 0.05
        for process in self._processes:
            process.stdin.write(f"{start}\n")
            process.stdin.flush()
        return sum(int(process.stdout.readline()) for process in self._processes)

    def close(self) -> None:
        for process in self._processes:
            process.stdin.close()
            process.wait()


def ratio(rounds: list[dict[str, float]], over: str, under: str) -> float:
    return round(statistics.median(each[over] / each[under] for each in rounds), 2)


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
    # Of the processor, which other jobs do not lengthen.
    result["load_and_create_cpu_ms"] = round(1e3 * statistics.median(start[2] for start in starts), 2)
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

    # Beside other jobs more threads get a larger share of the machine, and so do more processes: what threads of one
    # process do in the time of as many processes, which share nothing, says what they take from each other.
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = os.path.join(folder, "model.safetensors")
        flow.save(checkpoint)
        teams = {f"{kind}_{count}": Team(checkpoint, 1 if kind == "threads" else count, count)
                 for kind in ("threads", "processes") for count in (1, 2, 8)}
        rounds = [{name: team.rate() for name, team in teams.items()} for _ in range(9)]
        for team in teams.values():
            team.close()
    for count in (2, 8):
        result[f"threads_{count}_over_1"] = ratio(rounds, f"threads_{count}", "threads_1")
        result[f"processes_{count}_over_1"] = ratio(rounds, f"processes_{count}", "processes_1")
        result[f"threads_{count}_over_processes_{count}"] = ratio(rounds, f"threads_{count}", f"processes_{count}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
