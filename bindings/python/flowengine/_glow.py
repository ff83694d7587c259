"""Glow, as an estimator of images."""
from __future__ import annotations

import ctypes
from typing import Any, Optional

import numpy as np
import numpy.typing as npt

from . import _arrays, _ffi
from ._images import ImageFlow

class Glow(ImageFlow):
    """
    A Glow (Kingma and Dhariwal 2018) of images.

    Parameters that are None follow from the images: ``levels`` is 2 up to 32 pixels, 3 there in color and above as many as
    leave 4 pixels, less where the size does not divide; ``steps`` 8 up to 32 pixels, else 16; ``hidden`` 64 up to 16
    pixels, 128 up to 32, else 256; ``logit_margin`` a tenth of a grey level where a fifth of the values of the images that
    ``fit`` has first have the first or the last grey level, else 0.

    :param levels: L; height and width are multiples of 2^L.
    :param steps: K, of each level.
    :param hidden: channels inside the coupling networks.
    :param coupling: ``affine`` or ``additive``.
    :param preset: ``glow``, or ``rosinality`` for the arithmetic of rosinality/glow-pytorch.
    :param logit_margin: the flow begins with logit(N + (1 - 2N) x), x the grey level from 0 to 1; 0 for none.
    :param bins: grey levels of the data, 2 to 256.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number makes the model conditional on so many numbers.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``; None for what suits the kind.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`, such as ``cuda:0``; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: of the products in coupling networks: ``fp32``, ``tf32`` or ``bf16``, where the device has it.
    :param layout: ``channels_last``, (B, H, W, C), or ``channels_first``, (B, C, H, W), of all images.
    """

    kind = "glow"

    def __init__(
            self, *, levels: Optional[int] = None, steps: Optional[int] = None, hidden: Optional[int] = None,
            coupling: str = "affine", preset: str = "glow", logit_margin: Optional[float] = None, bins: int = 256,
            classes: Optional[int] = None, condition_columns: Optional[int] = None, condition_into: Optional[str] = None,
            seed: int = 0, device: str = "auto", threads: int = 0, precision: str = "fp32", layout: str = "channels_last") -> None:
        super().__init__(levels, hidden, bins, seed, device, threads, precision, layout)
        self._condition_on(classes, condition_columns, condition_into)
        self.steps = steps
        self.coupling = coupling
        self.preset = preset
        self.logit_margin = logit_margin

    def compress(self, x: Any, *, block: int = 0) -> bytes:
        """
        Compresses images without loss, by what this model knows of them; it is on the CPU.

        :param x: (B, H, W, C), uint8 grey levels below ``bins``, in host memory.
        :param block: images in a block: large blocks make a short file, small ones are faster where few images are read; 0 for 100.
        :returns: a file, the same on every machine, which :meth:`decompress` of the same model reads.
        """
        _arrays.require_host(x)
        images = self._images(x, None)
        if not images.is_levels:
            raise TypeError("images to compress are uint8 grey levels")
        length = ctypes.c_size_t()
        _ffi.call(
            "flow_model_compress", self._model, images.pointer, images.length, block, None, 0, ctypes.byref(length))
        content = ctypes.create_string_buffer(length.value)
        _ffi.call(
            "flow_model_compress", self._model, images.pointer, images.length, block, content, length.value,
            ctypes.byref(length))
        return content.raw[:length.value]

    def decompress(self, data: bytes, *, first: int = 0, count: Optional[int] = None) -> npt.NDArray[np.uint8]:
        """
        The images of what :meth:`compress` gave, byte for byte.

        :param data: the file.
        :param first: the number of the first image.
        :param count: how many: blocks that they are not in are not looked at. None for the rest.
        :returns: (count, H, W, C), uint8.
        """
        if count is None:
            info = _ffi.Compressed()
            _ffi.call("flow_compressed_get_info", data, len(data), ctypes.byref(info))
            count = info.count - first
        result = self._image_result(max(0, count), np.dtype(np.uint8), None)
        _ffi.call(
            "flow_model_decompress", self._model, data, len(data), first, result.pointer, result.length)
        return self._laid_out(result)
