"""Arrays of others, in place where their memory allows it."""
from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _ffi
from .errors import InvalidArgumentError

_CUDA = 1
_DLPACK_CPU = (1, 3)  # host memory, and host memory that is pinned for CUDA
LAYOUTS = ("channels_last", "channels_first")


@dataclass
class Images:
    """A batch for one call: its address, and what keeps it alive."""

    pointer: int
    count: int
    length: int
    is_levels: bool
    owner: Any
    call: _ffi.Call


def check_layout(layout: str) -> str:
    if layout not in LAYOUTS:
        raise InvalidArgumentError(f"layout is {layout!r}, expected one of {', '.join(LAYOUTS)}")
    return layout


def to_numpy(array: Any) -> np.ndarray:
    """A NumPy view of an array in host memory, by the array interface or DLPack; a copy of anything else."""
    if isinstance(array, np.ndarray):
        return array
    if hasattr(array, "__dlpack__") and hasattr(array, "__dlpack_device__"):
        kind = int(array.__dlpack_device__()[0])
        if kind in _DLPACK_CPU:
            return np.from_dlpack(array.detach() if hasattr(array, "detach") else array)
    return np.asarray(array)


def _device_interface(array: Any) -> dict | None:
    try:
        return array.__cuda_array_interface__
    except AttributeError:
        return None


def images(array: Any, shape: tuple[int, int, int], layout: str, batch: int = 0) -> Images:
    """
    A batch as a call takes it: float32 or uint8 and (B, H, W, C), contiguous.

    No copy is made of an array that is all that already; others are converted. Also taken are (B, H, W) for one
    channel and (B, D). Floating-point arrays are scaled images, uint8 ones are grey levels.
    """
    interface = _device_interface(array)
    if interface is not None:
        return _on_device(interface, array, shape, layout, batch)
    values = to_numpy(array)
    if values.dtype == np.uint8:
        kind: Any = np.uint8
    elif values.dtype.kind == "f":
        kind = np.float32
    else:
        raise TypeError(f"images are {values.dtype}, expected uint8 grey levels or floats scaled to [-0.5, 0.5)")
    height, width, channels = shape
    dims = height * width * channels
    first = (channels, height, width)
    if values.ndim == 4 and values.shape[1:] == (first if layout == "channels_first" else shape):
        if layout == "channels_first":
            values = np.moveaxis(values, 1, 3)
    elif not (values.ndim == 3 and channels == 1 and values.shape[1:] == (height, width)
              or values.ndim == 2 and values.shape[1] == dims):
        expected = first if layout == "channels_first" else shape
        raise InvalidArgumentError(
            f"images have the shape {values.shape}, expected (B, {', '.join(map(str, expected))}) or (B, {dims})")
    values = np.ascontiguousarray(values, dtype=kind)
    return Images(values.ctypes.data, values.shape[0], values.size, kind is np.uint8, values, _ffi.Call(batch=batch))


def _on_device(interface: dict, owner: Any, shape: tuple[int, int, int], layout: str, batch: int) -> Images:
    """An array in CUDA memory, in place: the library says whether it can read it."""
    kind = np.dtype(interface["typestr"])
    if kind not in (np.dtype(np.float32), np.dtype(np.uint8)):
        raise TypeError(f"images in device memory are {kind}, expected float32 or uint8")
    if tuple(interface["shape"][1:]) != shape or layout != "channels_last" or interface.get("strides") is not None:
        raise InvalidArgumentError(
            f"images in device memory have the shape {tuple(interface['shape'])}, expected contiguous "
            f"(B, {', '.join(map(str, shape))}), channels last")
    count = int(interface["shape"][0])
    call = _ffi.Call(memory=_CUDA, batch=batch, stream=ctypes.c_void_p(interface.get("stream") or 0))
    return Images(interface["data"][0], count, count * int(np.prod(shape)), kind == np.uint8, owner, call)


def from_images(values: np.ndarray, layout: str) -> np.ndarray:
    """(B, H, W, C) in the layout asked for; channels first is a view."""
    return np.moveaxis(values, 3, 1) if layout == "channels_first" else values
