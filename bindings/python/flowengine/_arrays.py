"""Arrays of others, in place where their memory allows it."""
from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from . import _cuda, _ffi
from .errors import InvalidArgumentError

_DLPACK_CPU = (1, 3)  # host memory, and host memory that is pinned for CUDA
LAYOUTS = ("channels_last", "channels_first")
HALF_RANGE = 0.501  # of float images, and what rounding adds


@dataclass(frozen=True)
class Place:
    """Where a model takes arrays from: host memory, or that of a CUDA device too."""

    #: The CUDA ordinal, or None.
    cuda: Optional[int] = None
    #: Where it is None, the end of the error.
    why: str = "this takes arrays in host memory"


HOST = Place()


@dataclass
class Images:
    """A batch for one call: its address, and what keeps it alive."""

    pointer: int
    count: int
    length: int
    is_levels: bool
    owner: Any
    call: _ffi.Call
    #: Of rows in the units of a table what a log density of the values needs added, (B), nats.
    log_det: Optional[np.ndarray] = None

    @property
    def is_on_device(self) -> bool:
        return bool(self.call.memory)


@dataclass
class Result:
    """What a call fills."""

    array: Any
    pointer: int
    length: int
    #: Where the caller wants what is made of it; None for a new array.
    target: Any = None


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


def images(
        array: Any, shape: tuple[int, int, int], layout: str, batch: int = 0, *, place: Place = HOST,
        stream: Optional[int] = None) -> Images:
    """
    A batch as a call takes it: float32 or uint8 and (B, H, W, C), contiguous.

    No copy is made of an array that is all that already; others in host memory are converted. Also taken are (B, H, W)
    for one channel and (B, D). Floating-point arrays are scaled images, uint8 ones are grey levels.
    """
    view = _cuda.view(array, stream)
    if view is not None:
        return _on_device(view, shape, layout, batch, place)
    require_no_stream(stream)
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


def require_range(values: np.ndarray, for_training: bool) -> None:
    """
    Refuses float images in host memory that are not scaled. What a model gives may lie beyond the range, so only what is
    trained on must keep it; of others those are refused that begin at 0, as 0 to 1 and 0 to 255 do.
    """
    if values.dtype.kind != "f" or not values.size:
        return
    low, high = float(values.min()), float(values.max())
    if low >= -HALF_RANGE and high <= HALF_RANGE or not for_training and not (low >= 0 and high > 0.9):
        return
    raise InvalidArgumentError(
        f"float images are from {low:g} to {high:g}, expected values scaled to [-0.5, 0.5) (images / 255 - 0.5), or uint8 "
        "grey levels as they are")


def require_host(array: Any) -> None:
    view = _cuda.view(array)
    if view is not None:
        device_call(view, HOST)


def device_call(view: _cuda.View, place: Place, batch: int = 0) -> _ffi.Call:
    """The options of a call on an array in CUDA memory, which the model must be on."""
    if place.cuda is None:
        raise InvalidArgumentError(f"the array is in CUDA memory, and {place.why}")
    device = place.cuda if view.device is None else view.device
    return _ffi.Call(memory=_cuda.MEMORY, device=device, batch=batch, stream=ctypes.c_void_p(view.stream))


def require_no_stream(stream: Optional[int]) -> None:
    if stream is not None:
        raise InvalidArgumentError("stream is for arrays in CUDA memory")


def _on_device(view: _cuda.View, shape: tuple[int, int, int], layout: str, batch: int, place: Place) -> Images:
    """An array in CUDA memory, in place: the library checks that it is on the model's device."""
    call = device_call(view, place, batch)
    if view.dtype not in (np.dtype(np.float32), np.dtype(np.uint8)):
        raise TypeError(f"images in device memory are {view.dtype}, expected float32 or uint8")
    dims = int(np.prod(shape))
    fits = len(view.shape) == 4 and view.shape[1:] == shape or len(view.shape) == 2 and view.shape[1] == dims
    if not fits or layout != "channels_last" or not view.is_contiguous:
        raise InvalidArgumentError(
            f"images in device memory have the shape {view.shape}, expected contiguous "
            f"(B, {', '.join(map(str, shape))}), channels last, or (B, {dims})")
    count = view.shape[0]
    return Images(view.pointer, count, count * dims, view.dtype == np.uint8, view.owner, call)


def result(out: Any, shape: tuple[int, ...], dtype: Any, beside: Optional[Images] = None) -> Result:
    """
    The array that a call fills: a new one where none is given, in the memory of the call's other arrays.

    :param beside: the images of the call.
    """
    length = int(np.prod(shape))
    if beside is not None and beside.is_on_device:
        array = out
        if out is None:
            owner = beside.owner[0] if isinstance(beside.owner, tuple) else beside.owner
            array = _cuda.empty(owner, shape, dtype)
        view = _cuda.view(array, beside.call.stream or 0)
        if view is None:
            raise InvalidArgumentError("out is in host memory, and the images are in CUDA memory")
        return device_result(array, view, shape, dtype)
    if out is None:
        out = np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise InvalidArgumentError(f"out is a {type(out).__qualname__}, expected a NumPy array as the images are")
    if out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous or not out.flags.writeable:
        raise InvalidArgumentError(
            f"out is {out.dtype} of the shape {out.shape}, expected {np.dtype(dtype)} {shape}, contiguous and writable")
    return Result(out, out.ctypes.data, length)


def device_result(array: Any, view: _cuda.View, shape: tuple[int, ...], dtype: Any) -> Result:
    """An array in CUDA memory that a call fills."""
    if view.shape != shape or view.dtype != dtype or not view.is_contiguous or view.is_readonly:
        raise InvalidArgumentError(
            f"out is {view.dtype} of the shape {view.shape}, expected {np.dtype(dtype)} {shape}, contiguous and writable")
    return Result(array, view.pointer, int(np.prod(shape)))


def from_images(values: np.ndarray, layout: str) -> np.ndarray:
    """(B, H, W, C) in the layout asked for; channels first is a view."""
    return np.moveaxis(values, 3, 1) if layout == "channels_first" else values
