"""
Arrays in CUDA memory: what is read of them, and calls on them through the stand-in for the CUDA driver, which runs no
kernel of a network. So order, memory and errors are tested here, and values where kernels run.
"""
from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import numpy as np
import pytest

from flowengine import _cuda


class Interface:
    def __init__(self, **changes):
        self.__cuda_array_interface__ = {
            "shape": (2, 3), "typestr": "<f4", "data": (4096, False), "version": 3, "stream": None, **changes}


def test_the_array_interface_is_read():
    view = _cuda.view(Interface())
    assert (view.pointer, view.shape, view.dtype, view.stream) == (4096, (2, 3), np.float32, 0)
    assert view.is_contiguous and not view.is_readonly and view.device is None
    assert _cuda.view(Interface(stream=2)).stream == 2
    assert _cuda.view(Interface(stream=2), stream=7).stream == 7
    assert _cuda.view(Interface(strides=(12, 4))).is_contiguous
    assert not _cuda.view(Interface(strides=(4, 8))).is_contiguous
    assert _cuda.view(Interface(data=(4096, True))).is_readonly
    assert _cuda.view(np.zeros(3)) is None and _cuda.view([1, 2]) is None


_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class Dlpack:
    """A tensor on cuda:1 that notes which stream it was made ready for."""

    def __init__(self, kind=2, code=2, bits=32, strides=None):
        self._kind = kind
        self._shape = (ctypes.c_int64 * 2)(2, 3)
        self._strides = (ctypes.c_int64 * 2)(*strides) if strides else None
        self._tensor = _cuda._DLTensor(
            data=4096, device_type=kind, device_id=1, ndim=2, code=code, bits=bits, lanes=1, shape=self._shape,
            strides=self._strides, byte_offset=64)
        self.streams = []

    def __dlpack_device__(self):
        return self._kind, 1

    def __dlpack__(self, stream=None):
        self.streams.append(stream)
        return _new_capsule(ctypes.addressof(self._tensor), b"dltensor", None)


def test_dlpack_is_read_and_told_the_stream():
    array = Dlpack()
    view = _cuda.view(array)
    assert (view.pointer, view.shape, view.dtype, view.device) == (4160, (2, 3), np.float32, 1)
    assert view.is_contiguous and view.stream == 1 and array.streams == [1]
    assert _cuda.view(array, stream=9).stream == 9 and array.streams == [1, 9]
    assert not _cuda.view(Dlpack(strides=(1, 2))).is_contiguous and _cuda.view(Dlpack(strides=(3, 1))).is_contiguous
    assert _cuda.view(Dlpack(code=1, bits=8)).dtype == np.uint8
    assert _cuda.view(Dlpack(kind=1)) is None
    with pytest.raises(TypeError, match="DLPack type of code 4"):
        _cuda.view(Dlpack(code=4, bits=16))


SCRIPT = '''
import ctypes as c, sys
import numpy as np
import flowengine

driver = c.CDLL(sys.argv[1])
driver.fakeCudaComplaints.restype = driver.fakeCudaLeaks.restype = c.c_char_p
context = c.c_void_p()
driver.cuInit(0)
driver.cuDevicePrimaryCtxRetain(c.byref(context), 0)
driver.cuCtxPushCurrent_v2(context)
stream = c.c_void_p()
driver.cuStreamCreate(c.byref(stream), 1)

class Array:
    """Of another library: memory on the device."""
    def __init__(self, shape, dtype, values=None, strides=None):
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.bytes = int(np.prod(shape)) * self.dtype.itemsize
        pointer = c.c_uint64()
        assert driver.cuMemAlloc_v2(c.byref(pointer), c.c_size_t(self.bytes)) == 0
        self.pointer = pointer.value
        self.__cuda_array_interface__ = {"shape": shape, "typestr": self.dtype.str, "data": (self.pointer, False),
                                         "version": 3, "stream": stream.value, "strides": strides}
        if values is not None:
            driver.cuMemcpyHtoDAsync_v2(c.c_uint64(self.pointer), values.ctypes.data_as(c.c_void_p),
                                        c.c_size_t(self.bytes), stream)
    def read(self):
        values = np.empty(self.shape, self.dtype)
        driver.cuMemcpyDtoHAsync_v2(values.ctypes.data_as(c.c_void_p), c.c_uint64(self.pointer),
                                    c.c_size_t(self.bytes), stream)
        return values
    def new_empty(self, shape, dtype):
        return Array(shape, dtype)

def refused(call, kind, text):
    try:
        call()
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError("not refused: " + text)

random = np.random.default_rng(0)
host = flowengine.Glow(levels=2, steps=1, hidden=4, bins=16).initialize(
    (random.random((8, 4, 4, 1)) - 0.5).astype(np.float32))
flow = flowengine.load(host.to_bytes(), device="cuda")
assert [device.name for device in flowengine.devices()][:2] == ["cpu", "cuda:0"]
levels = random.integers(0, 16, (5, 4, 4, 1), dtype=np.uint8)
x = ((levels + 0.5) / 16 - 0.5).astype(np.float32)
on_device, out = Array(x.shape, np.float32, x), Array((5,), np.float64)
flow.log_prob(on_device, out=out)
driver.fakeCudaLazy()
waits = driver.fakeCudaWaits()
assert flow.log_prob(on_device, out=out) is out
assert flow.bits_per_dim(Array(levels.shape, np.uint8, levels), seed=3, out=out) is out
assert driver.fakeCudaWaits() == waits
assert np.allclose(out.read(), host.bits_per_dim(levels, seed=3), rtol=1e-4)
rows = Array((5, 16), np.float32)
assert flow.forward(on_device, out=rows) is rows
parts = flow.forward(on_device, as_levels=True, out=[Array((5, *shape), np.float32) for shape in flow.latent_shapes])
again = Array(x.shape, np.float32)
assert flow.inverse(rows, out=again) is again and flow.inverse(parts, out=again) is again
assert np.allclose(again.read(), x, atol=1e-4)
assert flow.round_trip_error(on_device, out=out) is out
assert flow.sample(5, out=again, stream=stream.value) is again
grey = Array(levels.shape, np.uint8)
assert flow.sample(5, dtype=np.uint8, out=grey) is grey

# A result is made by the library of the array where that has a known way.
import types
library = sys.modules["otherlib"] = types.ModuleType("otherlib")
library.float64, library.float32 = np.float64, np.float32
Array.__module__ = "otherlib"
made = flow.log_prob(on_device)
assert isinstance(made, Array) and made.shape == (5,) and made.dtype == np.float64
scaled = flow.forward(Array(levels.shape, np.uint8, levels))   # by way of scaled images there
assert isinstance(scaled, Array) and scaled.shape == (5, 16)
del library.float64
refused(lambda: flow.log_prob(on_device), ValueError, "out is missing: an array of float64 of the shape (5,)")

wrong = flowengine.InvalidArgumentError
refused(lambda: flow.log_prob(on_device, out=np.empty(5)), wrong, "out is in host memory")
refused(lambda: flow.log_prob(on_device, out=Array((4,), np.float64)), wrong, "out is float64 of the shape (4,)")
refused(lambda: flow.log_prob(x, out=out), wrong, "expected a NumPy array")
refused(lambda: flow.log_prob(Array((5, 4, 4, 1), np.float64)), TypeError, "expected float32 or uint8")
refused(lambda: flow.log_prob(Array((5, 1, 4, 4), np.float32)), wrong, "channels last")
refused(lambda: flow.log_prob(Array((5, 4, 4, 1), np.float32, strides=(4, 4, 4, 4)), out=out), wrong, "contiguous")
bogus = Array((5, 4, 4, 1), np.float32)
bogus.__cuda_array_interface__["data"] = (12344, False)
refused(lambda: flow.log_prob(bogus, out=out), wrong, "the driver does not know it")
bogus.__cuda_array_interface__["data"] = (x.ctypes.data, False)
refused(lambda: flow.log_prob(bogus, out=out), wrong, "the driver does not know it")
refused(lambda: flow.fit(on_device), wrong, "this takes arrays in host memory")
first = flowengine.load(host.to_bytes(), device="cuda", layout="channels_first")
refused(lambda: first.log_prob(on_device, out=out), wrong, "channels last")
assert driver.fakeCudaComplaints() == b"", driver.fakeCudaComplaints()
print("in place")
'''


def test_arrays_are_used_in_place_on_a_cuda_device(tmp_path):
    library = os.environ.get("FLOWENGINE_CUDA_STAND_IN")
    if library is None:
        pytest.skip("FLOWENGINE_CUDA_STAND_IN does not name the stand-in, tests/FlowEngine.Tests/Gpu/fake_cuda*.c as a library")
    environment = {**os.environ, "FLOWENGINE_CUDA_LIBRARY": library, "FLOWENGINE_OPENCL_LIBRARY": "/nowhere"}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, library], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0 and result.stdout == "in place\n", result.stdout + result.stderr
