"""What a model is asked: densities, latents, samples and classes."""
from __future__ import annotations

import ctypes
import functools
from typing import Any, Callable, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from . import _arrays, _cuda, _ffi, _schema
from .errors import InvalidArgumentError, not_fitted

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]


class _OfClasses:
    """A method, or a property whose name ends with _, that only models of classes have, as scikit-learn asks."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        functools.update_wrapper(self, function)

    def __get__(self, model: Optional[Inference], kind: Any = None) -> Any:
        if model is None:
            return self
        if model.classes is None:
            raise AttributeError(f"{self._function.__name__} is of models that are conditional on classes")
        bound = self._function.__get__(model, kind)
        return bound() if self._function.__name__.endswith("_") else bound


class Inference:
    """A model in the library, once there is one, and what it is asked."""

    layout = "channels_last"
    #: Of a model that is conditional on classes, how many.
    classes: Optional[int]

    # What is no argument of the constructor is set when the model is there: scikit-learn clones by the constructor.
    _handle: Optional[_ffi.Handle] = None
    _info: _ffi.ModelInfo
    _schema: Optional[dict[str, Any]] = None
    _place = _arrays.HOST

    def prepare(self, batch: int = 64) -> None:
        """Does what the first call of a batch of so many would do beside computing, so that it is as fast as the next."""
        _ffi.call("flow_model_prepare", self._model, batch)

    @property
    def latent_shapes(self) -> list[tuple[int, int, int]]:
        """(h, w, c) of the latent of each level."""
        shapes = []
        for level in range(self._described.levels):
            shape = _ffi.Shape()
            _ffi.call("flow_model_latent_shape", self._model, level, ctypes.byref(shape))
            shapes.append((shape.height, shape.width, shape.channels))
        return shapes

    @property
    def dims(self) -> int:
        """D, the dimensions of one image."""
        return int(self._described.dims)

    @_OfClasses
    def classes_(self) -> npt.NDArray[Any]:
        """The labels of a model of classes in the order of their probabilities: numbers, or names."""
        names = _schema.class_names(self._schema)
        return np.arange(int(self._described.classes)) if names is None else _schema.labels_of(names)

    @_OfClasses
    def class_prior_(self) -> Optional[DoubleArray]:
        """Of a model of classes, how often each was in its training data; None where that is not known."""
        counts = _schema.class_counts(self._schema)
        return None if counts is None else np.array(counts, np.float64) / max(1, sum(counts))

    def log_prob(
            self, x: Any, y: Any = None, *, seed: int = 0, first_index: int = 0, batch: int = 0, out: Any = None,
            stream: Optional[int] = None) -> DoubleArray:
        """
        Log densities of images.

        Arrays in CUDA memory, by ``__cuda_array_interface__`` or DLPack, are used in place by a model on that device:
        the result is there too, and the call returns when its work is queued in turn with the array's stream. A grey level
        that is not below ``bins`` then gives NaN.

        :param x: (B, H, W, C), uint8 grey levels or floats scaled to [-0.5, 0.5).
        :param y: of a conditional model: classes, (B), or numbers, (B, N); or one class or row for all.
        :param seed: of the dequantization noise; only uint8 has it.
        :param first_index: of the first image: the noise of an image depends only on seed and index.
        :param batch: images computed at once; changes no result.
        :param out: filled and returned: float64, contiguous, where x is. None for a new array; in CUDA memory that can be
            made beside arrays of PyTorch and CuPy.
        :param stream: the handle of the CUDA stream x is ready on. None for the one the array names, PyTorch's current
            one, or the legacy default stream.
        :returns: (B), nats, of the scaled data.
        """
        return self._per_image("flow_model_log_prob", 1, x, y, seed, first_index, batch, out, stream)

    def log_prob_gradient(
            self, x: Any, y: Any = None, *, of_condition: bool = False, batch: int = 0) -> tuple[np.ndarray, ...]:
        """
        Log densities and their gradients: for Hamiltonian samplers, optimizers of data and attributions.

        :param x: (B, H, W, C), floats scaled to [-0.5, 0.5), in host memory.
        :param y: as for :meth:`log_prob`.
        :param of_condition: True for the gradient by y, too: (B, N), of classes by their one-hot row.
        :param batch: images computed at once; changes no result.
        :returns: the log densities, (B), nats, and the gradient, of the shape of x; and that by y.
        """
        images = self._images(x, None, batch)
        if images.is_levels or images.is_on_device:
            raise TypeError("a gradient is of floats in host memory: dequantize grey levels first")
        self._tell(images.call, y, images.count)
        log_prob, dx = np.empty(images.count), self._image_result(images.count, np.float32, None)
        numbers = int(self._described.classes or self._described.condition_columns)
        dy = np.empty((images.count, numbers if of_condition else 0), np.float32)
        _ffi.call(
            "flow_model_log_prob_gradient", self._model, images.pointer, images.length, ctypes.byref(images.call),
            log_prob.ctypes.data, log_prob.size, dx.pointer, dx.length, dy.ctypes.data if dy.size else None, dy.size)
        return (log_prob, self._laid_out(dx), dy) if of_condition else (log_prob, self._laid_out(dx))

    def bits_per_dim(
            self, x: Any, y: Any = None, *, seed: int = 0, first_index: int = 0, batch: int = 0, out: Any = None,
            stream: Optional[int] = None) -> DoubleArray:
        """Bits per dimension of each image, (B): the code length of its grey levels. Arguments as :meth:`log_prob`."""
        bits_per_nat = -1 / (self.dims * np.log(2))
        return self._per_image("flow_model_bits_per_dim", bits_per_nat, x, y, seed, first_index, batch, out, stream)

    def forward(
            self, x: Any, y: Any = None, *, as_levels: bool = False, standard: bool = False, out: Any = None,
            stream: Optional[int] = None) -> Union[FloatArray, list[FloatArray]]:
        """
        The latents of images.

        :param x: (B, H, W, C), floats scaled to [-0.5, 0.5), or uint8 (dequantized with seed 0).
        :param y: as for :meth:`log_prob`.
        :param standard: True for latents as their priors have them: under the model every value is standard.
        :param as_levels: True for a list of arrays, (B, h, w, c) of :attr:`latent_shapes`.
        :param out: as for :meth:`log_prob`, float32; a list where ``as_levels`` is true.
        :param stream: as for :meth:`log_prob`.
        :returns: (B, D), of each image the latents of all levels, each flattened (h, w, c).
        """
        images = self._scaled(x, stream)
        self._tell(images.call, y, images.count)
        images.call.standard = int(standard)
        if not as_levels:
            return self._call("flow_model_forward", images, (images.count, self.dims), np.float32, out)
        shapes = [(images.count, *shape) for shape in self.latent_shapes]
        if out is not None and len(out) != len(shapes):
            raise InvalidArgumentError(f"out has {len(out)} arrays, expected {len(shapes)}")
        levels = [
            _arrays.result(given, shape, np.float32, images) for given, shape in zip(out or [None] * len(shapes), shapes)]
        _ffi.call(
            "flow_model_forward_levels", self._model, images.pointer, images.length, ctypes.byref(images.call),
            *_level_arguments([(level.pointer, level.length) for level in levels]))
        return [level.array for level in levels]

    def inverse(
            self, latents: Any, y: Any = None, *, standard: bool = False, out: Any = None,
            stream: Optional[int] = None) -> FloatArray:
        """
        The images of latents.

        :param latents: either form that :meth:`forward` gives.
        :param y: as for :meth:`log_prob`.
        :param standard: as for :meth:`forward`.
        :param out: as for :meth:`log_prob`, float32.
        :param stream: as for :meth:`log_prob`.
        :returns: (B, H, W, C), scaled to [-0.5, 0.5).
        """
        if isinstance(latents, (list, tuple)):
            parts = [
                self._latents(level, shape, stream) for level, shape in zip(latents, self.latent_shapes)]
            if len(parts) != len(latents) or not parts or any(part.count != parts[0].count for part in parts):
                raise InvalidArgumentError(f"{len(latents)} levels were given, expected {len(self.latent_shapes)} of one "
                                           "number of images")
            source = _level_arguments([(part.pointer, part.length) for part in parts])
            name, first = "flow_model_inverse_levels", parts[0]
        else:
            first = self._latents(latents, (self.dims,), stream)
            name, source = "flow_model_inverse", (first.pointer, first.length)
        self._tell(first.call, y, first.count)
        first.call.standard = int(standard)
        result = self._image_result(first.count, np.float32, out, first)
        _ffi.call(name, self._model, *source, ctypes.byref(first.call), result.pointer, result.length)
        return self._laid_out(result)

    def round_trip_error(self, x: Any, y: Any = None, *, out: Any = None, stream: Optional[int] = None) -> DoubleArray:
        """Of each image the largest absolute difference that forward and inverse leave, (B)."""
        images = self._scaled(x, stream)
        self._tell(images.call, y, images.count)
        return self._call("flow_model_round_trip", images, (images.count,), np.float64, out)

    def sample(
            self, count: int = 1, y: Any = None, *, temperature: Union[float, Sequence[float]] = 1, seed: int = 0,
            dtype: Any = np.float32, out: Any = None, stream: Optional[int] = None) -> np.ndarray:
        """
        Draws images.

        :param y: as for :meth:`log_prob`: classes or numbers of each, or of all.
        :param temperature: scales the latent noise: 1 draws from the model, less gives likelier images; a sequence has
            one for each level, the finest first.
        :param seed: image i of a seed is always the same.
        :param dtype: float32, scaled to [-0.5, 0.5), or uint8, grey levels.
        :param out: filled and returned: of dtype, (count, H, W, C), in host memory or on the model's CUDA device.
        :param stream: of ``out``, as for :meth:`log_prob`.
        :returns: (count, H, W, C).
        """
        kinds = {np.dtype(np.float32): "flow_model_sample", np.dtype(np.uint8): "flow_model_sample_u8"}
        if np.dtype(dtype) not in kinds:
            raise TypeError(f"dtype is {np.dtype(dtype)}, expected float32 or uint8")
        shape, dtype = (max(0, count), *self._datum_shape), np.dtype(dtype)
        view = None if out is None else _cuda.view(out, stream)
        if view is not None:
            call = _arrays.device_call(view, self._place)
            self._require_channels_last()
            result = _arrays.device_result(out, view, shape, dtype)
        else:
            _arrays.require_no_stream(stream)
            call, result = _ffi.Call(), self._image_result(shape[0], dtype, out)
        self._tell(call, y, max(0, count))
        levels = np.ascontiguousarray(np.atleast_1d(temperature), dtype=np.float64)
        if levels.size != 1:
            call.temperatures, call.temperature_count = levels.ctypes.data, levels.size
        _ffi.call(
            kinds[dtype], self._model, count, float(levels[0]) if levels.size else np.nan, seed, ctypes.byref(call),
            result.pointer, result.length)
        return self._laid_out(result)

    def score_samples(self, x: Any, y: Any = None) -> DoubleArray:
        """Log densities, as :meth:`log_prob`: scikit-learn's name."""
        return self.log_prob(x, y)

    def score(self, x: Any, y: Any = None) -> float:
        """The mean log density, nats per image; of a conditional model given y, which others do not use."""
        return float(self.log_prob(x, y if self._is_conditional else None).mean())

    @_OfClasses
    def class_log_prob(self, x: Any, *, seed: int = 0, first_index: int = 0, batch: int = 0) -> DoubleArray:
        """Log densities of images under every class of a model that is conditional on classes: (B, classes), nats."""
        images = self._images(x, None, batch)
        result = self._under_classes(images, seed, first_index)
        return result if images.log_det is None else result + images.log_det[:, None]

    @_OfClasses
    def predict_proba(self, x: Any) -> DoubleArray:
        """
        The probability of each class by Bayes' rule, (B, classes), in the order of :attr:`classes_`, with the frequencies
        :attr:`class_prior_`; all alike where those are not known.
        """
        return self._classify(x)[1]

    @_OfClasses
    def predict(self, x: Any) -> npt.NDArray[Any]:
        """The likeliest of :attr:`classes_` for each image, (B), by Bayes' rule as :meth:`predict_proba`."""
        return self.classes_[self._classify(x)[0]]

    # --- Inside --------------------------------------------------------------------------------------------------

    @property
    def _model(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise not_fitted("the model is not there yet: fit it, build it, or load one")
        return self._handle.pointer

    @property
    def _described(self) -> _ffi.ModelInfo:
        _ = self._model
        return self._info

    @property
    def _shape(self) -> tuple[int, int, int]:
        info = self._described
        return info.height, info.width, info.channels

    @property
    def _datum_shape(self) -> tuple[int, ...]:
        """The shape of one datum of results, channels last."""
        return self._shape

    def _refresh(self) -> None:
        _ffi.call("flow_model_get_info", self._model, ctypes.byref(self._info))

    @property
    def _is_conditional(self) -> bool:
        return bool(self._described.classes or self._described.condition_columns)

    def _condition(self, y: Any, count: int) -> FloatArray:
        """What a call takes as condition: one-hot rows of classes, or rows of numbers."""
        classes, columns = int(self._described.classes), int(self._described.condition_columns)
        if y is None:
            what = "classes" if classes else f"rows of {columns} numbers"
            raise InvalidArgumentError(f"y is missing: the model is conditional, expected {what}")
        given = np.asarray(y)
        if not classes:
            rows = np.ascontiguousarray(np.atleast_2d(given), dtype=np.float32)
            if rows.ndim != 2 or rows.shape[1] != columns or len(rows) not in (1, count):
                raise InvalidArgumentError(f"y has the shape {given.shape}, expected ({count}, {columns})")
            return rows
        labels = self._numbered(np.atleast_1d(given))
        if labels.ndim != 1 or len(labels) not in (1, count):
            raise InvalidArgumentError(f"y has the shape {given.shape}, expected ({count},)")
        if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
            raise InvalidArgumentError(
                f"a class is {labels.min() if labels.min() < 0 else labels.max()}, expected 0 to {classes - 1}")
        return np.eye(classes, dtype=np.float32)[labels]

    def _numbered(self, labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Labels as the numbers of the model's classes."""
        names = _schema.class_names(self._schema)
        if names is None:
            if labels.dtype.kind not in "iu":
                raise TypeError(f"classes are {labels.dtype}, expected whole numbers")
            return labels
        if labels.dtype.kind not in "iuOSU":
            raise TypeError(f"classes are {labels.dtype}, expected whole numbers or names")
        numbers = {name: number for number, name in enumerate(names)}
        given, places = np.unique(labels.astype(str), return_inverse=True)
        unknown = [name for name in given if _schema.name_of(name) not in numbers]
        if unknown:
            raise InvalidArgumentError(
                f"there is no class {unknown[0]!r}, expected one of {', '.join(names[:12])}")
        return np.array([numbers[_schema.name_of(name)] for name in given], np.int64)[places].reshape(labels.shape)

    def _tell(self, call: _ffi.Call, y: Any, count: int) -> None:
        """Adds a condition to a call, which keeps the array."""
        if not self._is_conditional:
            if y is not None:
                raise InvalidArgumentError("y is given, and the model is not conditional")
            return
        rows = self._condition(y, count)
        call.condition, call.condition_length, call.owner = rows.ctypes.data, rows.size, rows

    def _images(self, x: Any, stream: Optional[int], batch: int = 0) -> _arrays.Images:
        return _arrays.images(x, self._shape, self.layout, batch, place=self._place, stream=stream)

    def _scaled(self, x: Any, stream: Optional[int] = None) -> _arrays.Images:
        images = self._images(x, stream)
        if not images.is_levels:
            return images
        scaled = _arrays.result(None, (images.count, *self._shape), np.float32, images)
        _ffi.call(
            "flow_model_dequantize", self._model, images.pointer, images.length, 0, 0, ctypes.byref(images.call),
            scaled.pointer, scaled.length)
        return _arrays.Images(scaled.pointer, images.count, scaled.length, False, scaled.array, images.call)

    def _latents(self, latents: Any, shape: tuple[int, ...], stream: Optional[int]) -> _arrays.Images:
        """Latents as a call takes them: (B, ...) of a shape."""
        view = _cuda.view(latents, stream)
        if view is None:
            _arrays.require_no_stream(stream)
            values = np.ascontiguousarray(_arrays.to_numpy(latents), dtype=np.float32)
            found, pointer, call, owner = values.shape, values.ctypes.data, _ffi.Call(), values
        else:
            call = _arrays.device_call(view, self._place)
            found, pointer, owner = view.shape, view.pointer, view.owner
            if view.dtype != np.float32 or not view.is_contiguous:
                raise TypeError(f"latents in device memory are {view.dtype}, expected contiguous float32")
        if found[1:] != shape or not found:
            raise InvalidArgumentError(
                f"latents have the shape {found}, expected (B, {', '.join(map(str, shape))})")
        return _arrays.Images(pointer, found[0], int(np.prod(found)), False, owner, call)

    def _image_result(self, count: int, dtype: Any, out: Any, beside: Optional[_arrays.Images] = None) -> _arrays.Result:
        """Room for images, which the layout of this model shows another way round."""
        if out is not None or beside is not None and beside.is_on_device:
            self._require_channels_last()
        return _arrays.result(out, (count, *self._datum_shape), dtype, beside)

    def _require_channels_last(self) -> None:
        if self.layout != "channels_last":
            raise InvalidArgumentError("images in device memory, and those that a call fills, are channels last")

    def _laid_out(self, result: _arrays.Result) -> Any:
        return _arrays.from_images(result.array, self.layout) if isinstance(result.array, np.ndarray) else result.array

    def _per_image(
            self, name: str, per_nat: float, x: Any, y: Any, seed: int, first_index: int, batch: int, out: Any,
            stream: Optional[int]) -> DoubleArray:
        images = self._images(x, stream, batch)
        self._tell(images.call, y, images.count)
        if images.is_levels:
            return self._call(name + "_u8", images, (images.count,), np.float64, out, seed, first_index)
        result = self._call(name, images, (images.count,), np.float64, out)
        if images.log_det is not None:
            result += per_nat * images.log_det
        return result

    def _under_classes(self, images: _arrays.Images, seed: int = 0, first_index: int = 0) -> DoubleArray:
        """Log densities of what the model sees under every class."""
        shape = (images.count, int(self._described.classes))
        if images.is_levels:
            return self._call("flow_model_class_log_prob_u8", images, shape, np.float64, None, seed, first_index)
        return self._call("flow_model_class_log_prob", images, shape, np.float64, None)

    def _classify(self, x: Any) -> tuple[npt.NDArray[np.int32], DoubleArray]:
        """The number of the likeliest class of each datum, and the probabilities of all."""
        joint = self._under_classes(self._images(x, None))
        classes, probability = np.empty(len(joint), np.int32), np.empty_like(joint)
        _ffi.call(
            "flow_model_classify", self._model, joint.ctypes.data, joint.size, classes.ctypes.data, classes.size,
            probability.ctypes.data, probability.size)
        return classes, probability

    def _call(
            self, name: str, images: _arrays.Images, shape: tuple[int, ...], dtype: Any, out: Any, *noise: int) -> Any:
        result = _arrays.result(out, shape, dtype, images)
        _ffi.call(
            name, self._model, images.pointer, images.length, *noise, ctypes.byref(images.call), result.pointer,
            result.length)
        return result.array


def _level_arguments(levels: list[tuple[int, int]]) -> tuple[Any, Any, int]:
    pointers = (ctypes.c_void_p * len(levels))(*[pointer for pointer, _ in levels])
    lengths = (ctypes.c_size_t * len(levels))(*[length for _, length in levels])
    return pointers, lengths, len(levels)
