"""Arrays of others in CUDA memory: where they lie, and the stream they are ready on."""
from __future__ import annotations

import ctypes as c
import sys
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from .errors import InvalidArgumentError

MEMORY = 1  # FLOW_MEMORY_CUDA
_DLPACK_CUDA = (2, 13)  # device memory, and memory that CUDA moves
_LEGACY_STREAM = 1
_DLPACK_KINDS = {0: "i", 1: "u", 2: "f"}


@dataclass
class View:
    """An array in CUDA memory."""

    pointer: int
    shape: tuple[int, ...]
    dtype: np.dtype
    is_contiguous: bool
    is_readonly: bool
    stream: int
    #: The ordinal, where the array says so.
    device: Optional[int]
    #: Keeps the memory.
    owner: Any


class _DLTensor(c.Structure):
    _fields_ = [
        ("data", c.c_void_p), ("device_type", c.c_int32), ("device_id", c.c_int32), ("ndim", c.c_int32),
        ("code", c.c_uint8), ("bits", c.c_uint8), ("lanes", c.c_uint16), ("shape", c.POINTER(c.c_int64)),
        ("strides", c.POINTER(c.c_int64)), ("byte_offset", c.c_uint64),
    ]


_capsule_pointer = c.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype = c.c_void_p
_capsule_pointer.argtypes = [c.py_object, c.c_char_p]


def view(array: Any, stream: Optional[int] = None) -> Optional[View]:
    """
    Of an array in CUDA memory, by ``__cuda_array_interface__`` or DLPack; None of any other.

    :param stream: the handle of the CUDA stream the array is ready on. None for the one that the array interface names,
        PyTorch's current one for its tensors, else the legacy default stream.
    """
    if isinstance(array, np.ndarray):
        return None
    if getattr(array, "requires_grad", False):
        array = array.detach()
    try:
        interface = array.__cuda_array_interface__
    except AttributeError:
        return _by_dlpack(array, stream)
    dtype = np.dtype(interface["typestr"])
    shape = tuple(int(size) for size in interface["shape"])
    pointer, is_readonly = interface["data"]
    strides = interface.get("strides")
    if stream is None:
        stream = interface.get("stream")
    if stream is None:
        stream = _torch_stream(array)
    return View(
        int(pointer or 0), shape, dtype, strides is None or tuple(strides) == _strides(shape, dtype.itemsize),
        bool(is_readonly), int(stream or 0), None, array)


def empty(beside: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """A new array of the library of another one, on its device."""
    library = sys.modules.get(type(beside).__module__.partition(".")[0])
    kind = getattr(library, np.dtype(dtype).name, None)
    if kind is not None and hasattr(beside, "new_empty"):
        return beside.new_empty(shape, dtype=kind)
    if kind is not None and hasattr(library, "empty") and hasattr(beside, "device"):
        with beside.device:
            return library.empty(shape, dtype=kind)
    raise InvalidArgumentError(
        f"out is missing: an array of {np.dtype(dtype)} of the shape {shape} in CUDA memory, since "
        f"{type(beside).__module__}.{type(beside).__qualname__} has no way to make one that is known here")


def _by_dlpack(array: Any, stream: Optional[int]) -> Optional[View]:
    if not (hasattr(array, "__dlpack__") and hasattr(array, "__dlpack_device__")):
        return None
    if int(array.__dlpack_device__()[0]) not in _DLPACK_CUDA:
        return None
    # The array's library makes this stream wait for what it has queued. The capsule frees its tensor at its own end.
    ordered = stream or _LEGACY_STREAM
    capsule = array.__dlpack__(stream=ordered)
    tensor = c.cast(_capsule_pointer(capsule, b"dltensor"), c.POINTER(_DLTensor)).contents
    kind = _DLPACK_KINDS.get(tensor.code)
    if kind is None or tensor.lanes != 1 or tensor.bits % 8 != 0:
        raise TypeError(f"the array has a DLPack type of code {tensor.code}, {tensor.bits} bits, {tensor.lanes} lanes, "
                        "expected numbers")
    dtype = np.dtype(f"{kind}{tensor.bits // 8}")
    shape = tuple(tensor.shape[:tensor.ndim])
    packed = _strides(shape, 1)
    return View(
        (tensor.data or 0) + tensor.byte_offset, shape, dtype,
        not tensor.strides or tuple(tensor.strides[:tensor.ndim]) == packed, False, ordered, tensor.device_id,
        (array, capsule))


def _torch_stream(array: Any) -> int:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(array, torch.Tensor):
        return int(torch.cuda.current_stream(array.device).cuda_stream)
    return 0


def _strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    strides = []
    for size in reversed(shape):
        strides.append(itemsize)
        itemsize *= size
    return tuple(reversed(strides))
