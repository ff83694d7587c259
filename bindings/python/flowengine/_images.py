"""What the models of images share."""
from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np

from . import _arrays, _ffi
from ._flow import Flow
from .errors import InvalidArgumentError


class ImageFlow(Flow):
    """A flow of images, arrays of grey levels (uint8) or of floats scaled to [-0.5, 0.5)."""

    def __init__(
            self, levels: Optional[int], hidden: Optional[int], bins: int, seed: int, device: str, threads: int,
            precision: str, layout: str) -> None:
        super().__init__(seed, device, threads, precision)
        self.levels = levels
        self.hidden = hidden
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
            height=height, width=width, channels=channels, levels=self.levels or 0, hidden=self.hidden or 0,
            bins=self.bins, seed=self.seed)

    def _take_sizes(self) -> None:
        info = self._info
        self.levels, self.hidden, self.bins = info.levels, info.hidden, info.bins

    def _shape_of(self, x: Any) -> tuple[int, ...]:
        shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
        if len(shape) == 3:
            return (1, *shape[1:]) if self.layout == "channels_first" else (*shape[1:], 1)
        if len(shape) != 4:
            raise InvalidArgumentError(f"images have the shape {shape}, expected four dimensions")
        return shape[1:]
