"""Devices by name."""
from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, field

from . import _ffi
from .errors import InvalidArgumentError

BACKENDS = ("auto", "cpu", "cuda", "opencl", "emulator")
PRECISIONS = ("fp32", "tf32", "bf16")
CUDA = BACKENDS.index("cuda")

_NUMBERED = ("cuda", "opencl")


@dataclass(frozen=True)
class Device:
    """A device of this machine."""

    #: What ``device=`` takes: ``cpu``, ``cuda:0``, ``opencl:0``, ``emulator``.
    name: str
    #: What its driver calls it.
    title: str
    #: Cores of the CPU, multiprocessors of a GPU.
    cores: int
    memory_bytes: int
    #: Of the CPU; a GPU's compute capability or its version of OpenCL.
    instruction_set: str
    _index: int = field(repr=False)

    def free_bytes(self) -> int:
        """Memory that is free now; on OpenCL, what models of this process have not allocated."""
        free, total = ctypes.c_int64(), ctypes.c_int64()
        _ffi.call("flow_device_memory", self._index, ctypes.byref(free), ctypes.byref(total))
        return free.value


def devices() -> list[Device]:
    """The devices of this machine: the CPU, then those of CUDA and OpenCL drivers, then the emulator of GPU kernels."""
    count = ctypes.c_int32()
    _ffi.call("flow_device_count", ctypes.byref(count))
    found = []
    for index in range(count.value):
        device = _ffi.Device()
        _ffi.call("flow_device_get", index, ctypes.byref(device))
        found.append(Device(
            name_of(device.backend, device.device), device.name.decode(errors="replace"), device.cores,
            device.memory_bytes, device.instruction_set.decode(errors="replace"), index))
    return found


def name_of(backend: int, ordinal: int) -> str:
    """From the struct to ``cuda:1``."""
    name = BACKENDS[backend]
    return f"{name}:{ordinal}" if name in _NUMBERED else name


def options(device: str, threads: int, precision: str) -> _ffi.DeviceOptions:
    """From ``cuda:1`` to the struct."""
    name, _, ordinal = device.partition(":")
    if name not in BACKENDS or not re.fullmatch(r"[0-9]{0,4}", ordinal):
        raise InvalidArgumentError(f"device is {device!r}, expected one of {', '.join(BACKENDS)}, or cuda:1")
    if precision not in PRECISIONS:
        raise InvalidArgumentError(f"precision is {precision!r}, expected one of {', '.join(PRECISIONS)}")
    return _ffi.DeviceOptions(
        backend=BACKENDS.index(name), device=int(ordinal or 0), threads=threads, precision=PRECISIONS.index(precision))
