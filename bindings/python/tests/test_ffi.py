"""The ctypes declarations are those of flowengine.h, and agree with C and with each other's images."""
from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from conftest import REPOSITORY
from flowengine import _ffi

HEADER = (REPOSITORY / "bindings/c/include/flowengine.h").read_text(encoding="utf-8")
DECLARATIONS = re.findall(r"^FLOW_API ([\w *]+?)(flow_\w+)\(([^;]*)\);", HEADER, re.M)
KINDS = {
    "int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t, "double": ctypes.c_double, "flow_status": ctypes.c_int32,
    "flow_step_done": ctypes.c_void_p,
}


def kind(declared: str) -> object:
    if "*" in declared:
        return ctypes.c_char_p if re.match(r"const char \*\w+$", declared) else ctypes.c_void_p
    return KINDS[declared.split()[0]]


def test_every_function_is_declared_as_in_the_header():
    assert len(DECLARATIONS) == HEADER.count("\nFLOW_API ")
    assert [name for _, name, _ in DECLARATIONS] == list(_ffi.FUNCTIONS)
    for result, name, arguments in DECLARATIONS:
        parts = [] if arguments == "void" else [" ".join(part.split()) for part in arguments.split(",")]
        assert [kind(part) for part in parts] == _ffi.FUNCTIONS[name][1], name
        expected = {"void": None, "const char *": ctypes.c_char_p}.get(result.strip(), None)
        assert _ffi.FUNCTIONS[name][0] == (expected or KINDS.get(result.strip())), name


def test_every_struct_has_the_size_that_c_asserts():
    sizes = dict(re.findall(
        r"ASSERT_SIZE\((flow_\w+), (\d+)\)", (REPOSITORY / "bindings/c/tests/abi/library.c").read_text(encoding="utf-8")))
    structs = {
        "flow_status": ctypes.c_int32, "flow_device_options": _ffi.DeviceOptions, "flow_device": _ffi.Device,
        "flow_model_options": _ffi.ModelOptions, "flow_model_info": _ffi.ModelInfo, "flow_shape": _ffi.Shape,
        "flow_parameter": _ffi.Parameter, "flow_call": _ffi.Call, "flow_trainer_options": _ffi.TrainerOptions,
        "flow_metrics": _ffi.Metrics, "flow_compressed": _ffi.Compressed,
        "flow_detector_options": _ffi.DetectorOptions, "flow_detector_info": _ffi.DetectorInfo,
        "flow_communicator": _ffi.Communicator,
    }
    assert {name: ctypes.sizeof(struct) for name, struct in structs.items()} == {
        name: int(size) for name, size in sizes.items()}


def run(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


SCORE = """
import sys, numpy as np, flowengine
x = np.fromfile(sys.argv[1], np.float32) if len(sys.argv) > 1 else np.fromfile({images!r}, np.float32)
model = flowengine.load({checkpoint!r})
print(flowengine.instruction_set())
for value in model.log_prob(x.reshape(-1, model.dims), batch={batch}):
    print(float(value).hex())
"""


def test_both_images_give_the_same_bits(glow, scaled, tmp_path):
    if not sys.platform.startswith("linux"):
        pytest.skip("the two images are for Linux on x86-64")
    checkpoint, images = tmp_path / "c.safetensors", tmp_path / "images.bin"
    glow.save(checkpoint)
    scaled.tofile(images)
    expected = [float(value).hex() for value in glow.log_prob(scaled)]
    for image, batch in (("v3", 1), ("v3", 64), ("v4", 7)):
        if image == "v4" and "avx512dq" not in open("/proc/cpuinfo", encoding="ascii").read():
            continue
        out = run(SCORE.format(images=str(images), checkpoint=str(checkpoint), batch=batch), FLOWENGINE_IMAGE=image)
        assert out.split() == [f"x86-64-{image}", *expected]


def test_c_gives_the_same_bits(glow, scaled, tmp_path):
    program = os.environ.get("FLOWENGINE_C_LOG_PROB")
    if not program:
        pytest.skip("FLOWENGINE_C_LOG_PROB does not name the C program log_prob")
    checkpoint, images = tmp_path / "c.safetensors", tmp_path / "images.bin"
    glow.save(checkpoint)
    scaled.tofile(images)
    for batch in (1, 3, 64):
        out = subprocess.run(
            [program, str(checkpoint), str(images), str(batch)], capture_output=True, text=True, check=True).stdout
        assert [float.fromhex(line) for line in out.split()] == list(glow.log_prob(scaled))


def fuzz(calls: int, seed: int, **environment: str) -> dict[str, str]:
    script = REPOSITORY / "bindings/python/tests/fuzz.py"
    result = subprocess.run(
        [sys.executable, str(script), str(calls), str(seed)], env={**os.environ, **environment}, capture_output=True,
        text=True, check=False, timeout=600)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    counts = dict(re.findall(r"^(-?\d+): (\d+)$", result.stdout, re.M))
    assert sum(map(int, counts.values())) == calls and "-99" not in counts, result.stdout
    return counts


def test_ten_thousand_hostile_calls_crash_nothing():
    counts = fuzz(10000, 1, FLOWENGINE_CUDA_LIBRARY="/nowhere")
    assert {"0", "-1", "-3", "-4", "-5", "-8"} <= set(counts), counts


def test_hostile_calls_on_a_cuda_device_crash_nothing():
    stand_in = os.environ.get("FLOWENGINE_CUDA_STAND_IN")
    if stand_in is None:
        pytest.skip("FLOWENGINE_CUDA_STAND_IN does not name the stand-in, tests/FlowEngine.Tests/Gpu/fake_cuda*.c as a library")
    counts = fuzz(4000, 2, FLOWENGINE_CUDA_LIBRARY=stand_in, FLOWENGINE_OPENCL_LIBRARY="/nowhere")
    assert {"0", "-1", "-3", "-4", "-5", "-8"} <= set(counts), counts


def test_a_fuzzed_buffer_overrun_would_be_seen():
    from fuzz import Buffers
    buffers = Buffers(np.random.default_rng(0))
    pointer, length = buffers.output(ctypes.c_float, 4)
    buffers.check()
    ctypes.c_float.from_address(pointer + 4 * length).value = 1
    with pytest.raises(AssertionError):
        buffers.check()
