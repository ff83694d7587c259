"""Glow, as an estimator of images."""
from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np

from . import _arrays, _ffi
from ._flow import Flow
from ._training import choice
from .errors import InvalidArgumentError

COUPLINGS = ("affine", "additive")
PRESETS = ("glow", "rosinality")


class Glow(Flow):
    """
    A Glow (Kingma and Dhariwal 2018) of images.

    Parameters that are None follow from the images: ``levels`` is the most that divide their size, up to 3, ``steps``
    8, ``hidden`` 64 up to 16x16 and 128 above.

    :param levels: L; height and width are multiples of 2^L.
    :param steps: K, of each level.
    :param hidden: channels inside the coupling networks.
    :param coupling: ``affine`` or ``additive``.
    :param preset: ``glow``, or ``rosinality`` for the arithmetic of rosinality/glow-pytorch.
    :param bins: grey levels of the data, 2 to 256.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`, such as ``cuda:0``; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: of the products in coupling networks: ``fp32``, ``tf32`` or ``bf16``, where the device has it.
    :param layout: ``channels_last``, (B, H, W, C), or ``channels_first``, (B, C, H, W), of all images.
    """

    kind = "glow"

    def __init__(
            self, *, levels: Optional[int] = None, steps: Optional[int] = None, hidden: Optional[int] = None,
            coupling: str = "affine", preset: str = "glow", bins: int = 256, seed: int = 0, device: str = "auto",
            threads: int = 0, precision: str = "fp32", layout: str = "channels_last") -> None:
        super().__init__(seed, device, threads, precision)
        self.levels = levels
        self.steps = steps
        self.hidden = hidden
        self.coupling = coupling
        self.preset = preset
        self.bins = bins
        self.layout = _arrays.check_layout(layout)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one image in the layout of this model."""
        height, width, channels = self._shape
        return (channels, height, width) if self.layout == "channels_first" else (height, width, channels)

    def _sizes(self, shape: Sequence[int]) -> _ffi.ModelOptions:
        if len(shape) != 3:
            raise InvalidArgumentError(f"shape is {tuple(shape)}, expected three sizes")
        first = self.layout == "channels_first"
        height, width, channels = (shape[1], shape[2], shape[0]) if first else shape
        return _ffi.ModelOptions(
            height=height, width=width, channels=channels, levels=self.levels or 0, steps=self.steps or 0,
            hidden=self.hidden or 0, coupling=choice("coupling", self.coupling, COUPLINGS),
            preset=choice("preset", self.preset, PRESETS), bins=self.bins, seed=self.seed)

    def _take_sizes(self) -> None:
        info = self._info
        self.levels, self.steps, self.hidden = info.levels, info.steps, info.hidden
        self.coupling, self.preset = COUPLINGS[info.coupling], PRESETS[info.preset]
        self.bins = info.bins

    def _shape_of(self, x: Any) -> tuple[int, ...]:
        shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
        if len(shape) == 3:
            return (1, *shape[1:]) if self.layout == "channels_first" else (*shape[1:], 1)
        if len(shape) != 4:
            raise InvalidArgumentError(f"images have the shape {shape}, expected four dimensions")
        return shape[1:]
