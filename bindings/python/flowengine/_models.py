"""The kinds of models by name."""
from __future__ import annotations

import ctypes
import inspect
import os
from typing import Union

from . import _ffi
from ._flow import Flow, open_checkpoint
from ._glow import Glow
from ._real_nvp import RealNVP
from ._tables import IAF, MAF, NICE, NSF, DenseGlow, Transforms
from .errors import InvalidArgumentError

KINDS: dict[str, type[Flow]] = {kind.kind: kind for kind in (Glow, RealNVP, MAF, IAF, NICE, DenseGlow, NSF, Transforms)}


def load(
        source: Union[str, "os.PathLike[str]", bytes], *, device: str = "auto", threads: int = 0,
        precision: str = "fp32", layout: str = "channels_last") -> Flow:
    """
    A model from a checkpoint, of whatever kind it is.

    :param source: the file, or its bytes; "digits" is the built-in model of 8x8 digits.
    :param layout: of images, ``channels_last`` or ``channels_first``.
    """
    return of_handle(open_checkpoint(source, device, threads, precision), device, threads, precision, layout)


def of_handle(handle: _ffi.Handle, device: str, threads: int, precision: str, layout: str = "channels_last") -> Flow:
    """The estimator of a model, which takes its handle."""
    info = _ffi.ModelInfo()
    _ffi.call("flow_model_get_info", handle.pointer, ctypes.byref(info))
    kind = KINDS[info.model.decode()]
    options = {}
    if "layout" in inspect.signature(kind).parameters:
        options["layout"] = layout
    elif layout != "channels_last":
        raise InvalidArgumentError("layout is for images, and the checkpoint is of a model of tables")
    model = kind(device=device, threads=threads, precision=precision, **options)  # type: ignore[call-arg]
    model._take_checkpoint(handle)
    return model
