"""What the models of images share."""
from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np
import numpy.typing as npt

from . import _arrays, _cuda, _ffi
from ._flow import Flow
from .errors import InvalidArgumentError


class ImageFlow(Flow):
    """
    A flow of images, arrays of grey levels (uint8) or of floats scaled to [-0.5, 0.5).

    A model that was trained on padded images takes and gives images of the size of its data (``input_shape``); arrays in
    CUDA memory are of the padded size.
    """

    def __init__(
            self, levels: Optional[int], hidden: Optional[int], bins: int, seed: int, device: str, threads: int,
            precision: str, layout: str) -> None:
        super().__init__(seed, device, threads, precision)
        self.levels = levels
        self.hidden = hidden
        self.bins = bins
        self.layout = _arrays.check_layout(layout)
        self._extreme_share = 0.0

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one image in the layout of this model."""
        height, width, channels = self._data_shape
        return (channels, height, width) if self.layout == "channels_first" else (height, width, channels)

    def _sizes(self, shape: Sequence[int]) -> dict[str, Any]:
        if len(shape) != 3:
            raise InvalidArgumentError(f"shape is {tuple(shape)}, expected three sizes")
        first = self.layout == "channels_first"
        height, width, channels = (shape[1], shape[2], shape[0]) if first else shape
        return {"height": height, "width": width, "channels": channels, "extreme_share": self._extreme_share}

    def _shape_of(self, x: Any) -> tuple[int, ...]:
        shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
        if len(shape) not in (3, 4):
            raise InvalidArgumentError(f"images have the shape {shape}, expected four dimensions")
        images = _arrays.to_numpy(x)
        _arrays.require_range(images, for_training=True)
        self._extreme_share = self._share_at_the_ends(images)
        if len(shape) == 4:
            return shape[1:]
        return (1, *shape[1:]) if self.layout == "channels_first" else (*shape[1:], 1)

    def _share_at_the_ends(self, images: npt.NDArray[Any]) -> float:
        """The share of the values that have the first or the last grey level; of many images a thousand are counted."""
        some = images[::max(1, len(images) // 1000)]
        levels = some if some.dtype == np.uint8 else np.floor((some + 0.5) * self.bins)
        return float(np.mean((levels <= 0) | (levels >= self.bins - 1))) if levels.size else 0.0

    @property
    def _data_shape(self) -> tuple[int, int, int]:
        """The shape of one image as it is, channels last."""
        info = self._described
        return info.data_height, info.data_width, info.channels

    def _images(self, x: Any, stream: Any, batch: int = 0) -> _arrays.Images:
        found = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
        if _cuda.view(x, stream) is None:
            _arrays.require_range(_arrays.to_numpy(x), for_training=False)
        is_as_is = self._data_shape == self._shape or found[1:] in (self._laid(self._shape), (self.dims,))
        if is_as_is or _cuda.view(x, stream) is not None:
            return super()._images(x, stream, batch)
        images = _arrays.images(x, self._data_shape, self.layout, batch, stream=stream)
        padded = np.empty((images.count, *self._shape), np.uint8 if images.is_levels else np.float32)
        _ffi.call(
            "flow_model_pad_u8" if images.is_levels else "flow_model_pad", self._model, images.pointer, images.length,
            padded.ctypes.data, padded.size)
        return _arrays.Images(
            padded.ctypes.data, images.count, padded.size, images.is_levels, padded, images.call)

    def _laid(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        return (shape[2], *shape[:2]) if self.layout == "channels_first" else shape

    def _image_result(
            self, count: int, dtype: Any, out: Any, beside: Optional[_arrays.Images] = None) -> _arrays.Result:
        if self._data_shape == self._shape or beside is not None and beside.is_on_device:
            return super()._image_result(count, dtype, out, beside)
        result = super()._image_result(count, dtype, None)
        result.target = out
        return result

    def _laid_out(self, result: _arrays.Result) -> Any:
        if self._data_shape == self._shape or not isinstance(result.array, np.ndarray):
            return super()._laid_out(result)
        padded = result.array
        cropped = _arrays.result(result.target, (len(padded), *self._data_shape), padded.dtype)
        _ffi.call(
            "flow_model_crop_u8" if padded.dtype == np.uint8 else "flow_model_crop", self._model, padded.ctypes.data,
            padded.size, cropped.pointer, cropped.length)
        return super()._laid_out(cropped)
