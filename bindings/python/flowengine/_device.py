"""Devices by name."""
from __future__ import annotations

import ctypes
from dataclasses import dataclass

from . import _ffi
from .errors import InvalidArgumentError

BACKENDS = ("auto", "cpu", "cuda", "opencl")


@dataclass(frozen=True)
class Device:
    """A device of this machine."""

    #: What ``device=`` takes, such as ``cpu`` or ``cuda:1``.
    name: str
    #: Cores of the CPU.
    cores: int
    memory_bytes: int
    instruction_set: str


def devices() -> list[Device]:
    """The devices of this machine, best first."""
    count = ctypes.c_int32()
    _ffi.call("flow_device_count", ctypes.byref(count))
    found = []
    for index in range(count.value):
        device = _ffi.Device()
        _ffi.call("flow_device_get", index, ctypes.byref(device))
        suffix = f":{device.device}" if device.device else ""
        found.append(Device(
            BACKENDS[device.backend] + suffix, device.cores, device.memory_bytes, device.instruction_set.decode()))
    return found


def options(device: str, threads: int) -> _ffi.DeviceOptions:
    """From ``cuda:1`` to the struct."""
    name, _, ordinal = device.partition(":")
    if name not in BACKENDS or not (ordinal or "0").isdigit():
        raise InvalidArgumentError(f"device is {device!r}, expected one of {', '.join(BACKENDS)}, or cuda:1")
    return _ffi.DeviceOptions(backend=BACKENDS.index(name), device=int(ordinal or 0), threads=threads)
