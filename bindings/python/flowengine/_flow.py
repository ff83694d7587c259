"""Flows as estimators: what all models have."""
from __future__ import annotations

import abc
import copy
import ctypes
import functools
import inspect
import json
import os
import warnings
from typing import Any, Callable, Optional, Sequence, TypeVar, Union

import numpy as np
import numpy.typing as npt

from . import _arrays, _cuda, _device, _ffi, _schema
from ._training import ProgressFunction, Training, to_handle, training_options
from .errors import InvalidArgumentError, not_fitted

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]

_Self = TypeVar("_Self", bound="Flow")


class _OfClasses:
    """A method, or a property whose name ends with _, that only models of classes have, as scikit-learn asks."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        functools.update_wrapper(self, function)

    def __get__(self, model: Optional[Flow], kind: Any = None) -> Any:
        if model is None:
            return self
        if model.classes is None:
            raise AttributeError(f"{self._function.__name__} is of models that are conditional on classes")
        bound = self._function.__get__(model, kind)
        return bound() if self._function.__name__.endswith("_") else bound


class Flow(abc.ABC):
    """
    A normalizing flow: fitted, saved, and asked for densities, latents and samples. A subclass says what its data are.

    A model may be called from many threads at once; training and inference take turns.
    """

    #: What the C API calls the model.
    kind: str
    layout = "channels_last"

    #: Mean bits per dimension of each update of the last ``fit``.
    history_: Sequence[float] = ()

    # What is no argument of the constructor is set when the model is there: scikit-learn clones by the constructor.
    _handle: Optional[_ffi.Handle] = None
    _info: _ffi.ModelInfo
    _schema: Optional[dict[str, Any]] = None
    _place = _arrays.HOST
    #: True where the next ``fit`` begins with new weights.
    _begins_anew = True

    def __init__(self, seed: int, device: str, threads: int, precision: str) -> None:
        self.seed = seed
        self.device = device
        self.threads = threads
        self.precision = precision
        self.classes: Optional[int] = None
        self.condition_columns: Optional[int] = None
        self.condition_into: Optional[str] = None

    # --- Making, loading, saving ---------------------------------------------------------------------------------

    @abc.abstractmethod
    def _sizes(self, shape: Sequence[int]) -> dict[str, Any]:
        """The sizes of the data of a new model, as flow_model_create_json takes them."""

    def _option_names(self) -> list[str]:
        """The arguments of the constructor that are options of the model."""
        names = [option["name"] for option in _ffi.MODELS[self.kind]["options"]]
        return [name for name in names if hasattr(self, name)]

    @abc.abstractmethod
    def _shape_of(self, x: Any) -> Sequence[int]:
        """The shape of one datum of an array to train on; refuses values that nothing can be learned from."""

    def build(self: _Self, shape: Sequence[int]) -> _Self:
        """
        Makes the model with random weights; ``fit`` does so by itself.

        :param shape: of one datum: (H, W, C), (C, H, W) where the layout is channels first, or (D,) for rows of a table.
        """
        description: dict[str, Any] = {"model": self.kind, **self._sizes(shape)}
        for name in self._option_names():
            if getattr(self, name) is not None:
                description[name] = getattr(self, name)
        if self.classes is not None and self.condition_columns is not None:
            raise InvalidArgumentError("classes and condition_columns are given, expected one of them")
        for name, length in (("classes", self.classes), ("columns", self.condition_columns)):
            if length is not None:
                into = {} if self.condition_into is None else {"into": self.condition_into}
                description["condition"] = {name: length, **into}
        device = _device.options(self.device, self.threads, self.precision)
        text = json.dumps(description, default=lambda value: value.item())
        self._take(to_handle(
            "flow_model_free", "flow_model_create_json", text.encode(), self.seed, ctypes.byref(device)))
        self._begins_anew = False
        return self

    @classmethod
    def load(
            cls: type[_Self], source: Union[str, "os.PathLike[str]", bytes], *, device: str = "auto", threads: int = 0,
            precision: str = "fp32", **options: Any) -> _Self:
        """
        A model from a checkpoint.

        :param source: the file, or its bytes.
        :param options: what else the constructor takes that is not in the checkpoint: ``layout`` of images.
        """
        model = cls(device=device, threads=threads, precision=precision, **options)  # type: ignore[call-arg]
        model._take_checkpoint(open_checkpoint(source, device, threads, precision))
        return model

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes a checkpoint, whole or not at all."""
        _ffi.call("flow_model_save", self._model, os.fsencode(path))

    def to_bytes(self) -> bytes:
        """The checkpoint as bytes."""
        length = ctypes.c_size_t()
        _ffi.call("flow_model_save_memory", self._model, None, 0, ctypes.byref(length))
        content = ctypes.create_string_buffer(length.value)
        _ffi.call("flow_model_save_memory", self._model, content, length.value, ctypes.byref(length))
        return content.raw

    def __reduce__(self) -> Any:
        params = self.get_params()
        state = {
            name: value for name, value in vars(self).items()
            if name not in params and name not in ("_handle", "_info", "_schema", "_place")}
        return _unpickle, (type(self), None if self._handle is None else self.to_bytes(), params), state

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({params})"

    # --- What it is ----------------------------------------------------------------------------------------------

    @property
    def is_fitted(self) -> bool:
        """True once it is trained, loaded or initialized on data."""
        if self._handle is None:
            return False
        self._refresh()
        return bool(self._info.is_initialized)

    @property
    def options_(self) -> dict[str, Any]:
        """What the model is made of, the sizes that followed from its data among them."""
        return _ffi.json_of("flow_model_get_json", self._model)

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

    @property
    def schema(self) -> Optional[dict[str, Any]]:
        """
        What the model knows of its data: columns, scaling and label of a table, or size, levels and padding of images,
        and the names and counts of classes, as ``flow_model_schema`` of the C API says. None where the checkpoint says
        nothing.
        """
        _ = self._model
        return copy.deepcopy(self._schema)

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

    @property
    def n_parameters(self) -> int:
        """Trained values."""
        return int(self._described.parameters)

    def parameters(self) -> dict[str, FloatArray]:
        """Every array of the model by its name in checkpoints, constants among them: copies."""
        info = self._described
        flat = [np.empty(info.parameters_length, np.float32), np.empty(info.constants_length, np.float32)]
        _ffi.call("flow_model_read_parameters", self._model, flat[0].ctypes.data, flat[0].size)
        _ffi.call("flow_model_read_constants", self._model, flat[1].ctypes.data, flat[1].size)
        result = {}
        for entry in self._entries():
            values = flat[entry.is_constant][entry.offset:entry.offset + entry.length]
            strides = [4 * stride for stride in entry.stride[:entry.rank]]
            view = np.lib.stride_tricks.as_strided(values, entry.shape[:entry.rank], strides)
            result[entry.name.decode()] = np.ascontiguousarray(view)
        return result

    # --- scikit-learn --------------------------------------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor, as scikit-learn wants them."""
        del deep
        names = [name for name in inspect.signature(type(self).__init__).parameters if name != "self"]
        return {name: getattr(self, name) for name in names}

    def set_params(self: _Self, **params: Any) -> _Self:
        """Changes arguments of the constructor: the next ``fit`` begins with new weights, of a model of these."""
        known = self.get_params()
        for name in params:
            if name not in known:
                raise InvalidArgumentError(f"there is no parameter {name}, expected one of {', '.join(known)}")
        for name, value in params.items():
            setattr(self, name, value)
        self._begins_anew = self._begins_anew or bool(params)
        return self

    def fit(
            self: _Self, x: Any, y: Any = None, *, epochs: int = 10, batch_size: Optional[int] = None,
            learning_rate: float = 1e-3, final_learning_rate: float = 0, optimizer: str = "adam", schedule: str = "constant",
            warmup_images: Optional[int] = None, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
            weight_decay: float = 0, clip: Optional[float] = 1, ema_decay: Optional[float] = None, flip: bool = False,
            activations: str = "auto", read_every: Optional[int] = None, seed: int = 0,
            progress: Union[bool, ProgressFunction] = False, warm_start: bool = False) -> _Self:
        """
        Trains by maximum likelihood, from new weights; a model that was loaded, built or initialized goes on from its own.

        :param x: (B, H, W, C) grey levels, uint8 below ``bins``; or floats scaled to [-0.5, 0.5), trained as they are. In
            host memory, finite.
        :param y: of a conditional model the classes, (B), or the numbers of each datum, (B, N), or one of all; of another
            not used. Classes of a new model may be names, as many as it has.
        :param epochs: passes over the images.
        :param batch_size: images of an update; None for 64, of a table 256, or all where there are fewer.
        :param warmup_images: images over which the learning rate rises from zero; None for 6400, of a table 25600.
        :param final_learning_rate: where a ``cosine`` schedule ends.
        :param beta1: decay of the mean of the gradients.
        :param beta2: decay of the mean of their squares.
        :param epsilon: added to the denominator of an update.
        :param clip: the largest norm of the gradient; None or 0 for no limit.
        :param ema_decay: of the moving average of the weights, which the model has afterwards; None for 0.999, of a table
            0.99; 0 for none.
        :param read_every: updates between two readings of their losses, at most; None for 1 on the CPU, else 20.
        :param activations: ``store``, ``invert`` (memory does not grow with depth), or ``auto``.
        :param progress: True for a line on stderr, or a function that is told of every update (:class:`Progress`) and
            stops the training with a true result.
        :param warm_start: goes on from the weights of the last ``fit``.
        :returns: the model itself.
        """
        _arrays.require_host(x)
        shape = self._shape_of(x)
        if self._handle is None or self._begins_anew and not warm_start:
            self.build(shape)
            self._learn_names(x, y)
        images = self._images(x, None)
        condition = None
        if self._is_conditional:
            rows = self._condition(y, images.count)
            condition = np.broadcast_to(rows, (images.count, rows.shape[1]))
        if flip and (condition is not None or not images.is_levels):
            raise InvalidArgumentError(
                "flip is for uint8 images and a model that is not conditional: mirror the images yourself")
        options = training_options(
            is_table=self._described.bins == 0, batch=batch_size, learning_rate=learning_rate,
            final_learning_rate=final_learning_rate, optimizer=optimizer, schedule=schedule, warmup_images=warmup_images, beta1=beta1, beta2=beta2, epsilon=epsilon,
            weight_decay=weight_decay, clip=clip or 0, ema_decay=ema_decay, flip=flip, activations=activations,
            read_every=read_every, seed=seed)
        assert self._handle is not None
        training = Training(self._handle, images, condition, self.dims, options, epochs, progress)
        trained = training.run()
        if 2 * training.skipped > len(training.history):
            warnings.warn(
                f"{training.skipped} of {len(training.history)} updates were skipped because something was not finite: the "
                "model did not train (try a smaller learning_rate)", RuntimeWarning, stacklevel=2)
        self.history_ = training.history
        self._take(trained)
        self._begins_anew = True
        if condition is not None and self.classes is not None:
            counts = condition.sum(axis=0, dtype=np.float64)
            names = _schema.class_names(self._schema)
            self._describe(classes=[
                {"count": int(count)} if names is None else {"name": names[number], "count": int(count)}
                for number, count in enumerate(counts)])
        return self

    def initialize(self: _Self, x: Any, y: Any = None) -> _Self:
        """Data-dependent initialization of a new model on a batch in host memory, without training."""
        _arrays.require_host(x)
        if self._handle is None:
            self.build(self._shape_of(x))
        images = self._scaled(x)
        self._tell(images.call, y, images.count)
        _ffi.call("flow_model_initialize", self._model, images.pointer, images.length, ctypes.byref(images.call))
        return self

    def score_samples(self, x: Any, y: Any = None) -> DoubleArray:
        """Log densities, as :meth:`log_prob`: scikit-learn's name."""
        return self.log_prob(x, y)

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

    def score(self, x: Any, y: Any = None) -> float:
        """The mean log density, nats per image; of a conditional model given y, which others do not use."""
        return float(self.log_prob(x, y if self._is_conditional else None).mean())

    # --- Inference -----------------------------------------------------------------------------------------------

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
        :param seed: of the dequantization noise; for uint8 alone.
        :param first_index: of the first image: the noise of an image depends on seed and index alone.
        :param batch: images computed at once; changes no result.
        :param out: filled and returned: float64, contiguous, where x is. None for a new array; in CUDA memory that can be
            made beside arrays of PyTorch and CuPy.
        :param stream: the handle of the CUDA stream x is ready on. None for the one the array names, PyTorch's current
            one, or the legacy default stream.
        :returns: (B), nats, of the scaled data.
        """
        return self._per_image("flow_model_log_prob", 1, x, y, seed, first_index, batch, out, stream)

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

    def _take(self, handle: _ffi.Handle) -> None:
        self._handle, self._info = handle, _ffi.ModelInfo()
        self._refresh()
        found = self._info.model.decode()
        if found != self.kind:
            self._handle = None
            raise InvalidArgumentError(f"the checkpoint is of a model of the kind {found}, expected {self.kind}")
        self._place = _place(self._info)
        self._schema = _schema.read(self._model)

    def _take_checkpoint(self, handle: _ffi.Handle) -> None:
        """Takes a model that was made elsewhere, and what the constructor would have been told."""
        self._take(handle)
        self._begins_anew = False
        found_options = self.options_
        for name in self._option_names():
            setattr(self, name, found_options.get(name))
        self.classes = self._info.classes or None
        self.condition_columns = self._info.condition_columns or None
        self.condition_into = found_options.get("condition", {}).get("into")

    def _refresh(self) -> None:
        _ffi.call("flow_model_get_info", self._model, ctypes.byref(self._info))

    def _learn_names(self, x: Any, y: Any) -> None:
        """What the first data of a new model say of themselves: here the names of its classes."""
        del x
        labels = None if y is None or self.classes is None else np.asarray(y)
        if labels is None or labels.dtype.kind not in "OSU":
            return
        names = sorted({_schema.name_of(label) for label in labels.reshape(-1)})
        if len(names) != self.classes:
            raise InvalidArgumentError(
                f"y has {len(names)} names of classes ({', '.join(names[:8])}), expected {self.classes}")
        self._describe(classes=[{"name": name} for name in names])

    def _describe(self, **entries: Any) -> None:
        """Changes what the model knows of its data."""
        if self._schema is not None:
            _schema.write(self._model, {**self._schema, **entries})
            self._schema = _schema.read(self._model)

    def _entries(self) -> list[_ffi.Parameter]:
        entries = []
        for index in range(self._described.tensors):
            entry = _ffi.Parameter()
            _ffi.call("flow_model_parameter", self._model, index, ctypes.byref(entry))
            entries.append(entry)
        return entries

    def _condition_on(self, classes: Optional[int], columns: Optional[int], into: Optional[str]) -> None:
        self.classes, self.condition_columns, self.condition_into = classes, columns, into

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


def _place(info: _ffi.ModelInfo) -> _arrays.Place:
    if info.backend == _device.CUDA:
        return _arrays.Place(info.device)
    name = _device.name_of(info.backend, info.device)
    return _arrays.Place(why=f"the model runs on {name}; one with device='cuda:0' takes it")


def _level_arguments(levels: list[tuple[int, int]]) -> tuple[Any, Any, int]:
    pointers = (ctypes.c_void_p * len(levels))(*[pointer for pointer, _ in levels])
    lengths = (ctypes.c_size_t * len(levels))(*[length for _, length in levels])
    return pointers, lengths, len(levels)


def open_checkpoint(
        source: Union[str, "os.PathLike[str]", bytes], device: str, threads: int, precision: str) -> _ffi.Handle:
    """A model of any kind."""
    options = ctypes.byref(_device.options(device, threads, precision))
    if isinstance(source, bytes):
        return to_handle("flow_model_free", "flow_model_load_memory", source, len(source), options)
    return to_handle("flow_model_free", "flow_model_load", os.fsencode(source), options)


def _unpickle(kind: type[Flow], content: Optional[bytes], params: dict[str, Any]) -> Flow:
    if content is None:
        return kind(**params)
    model = kind(**params)
    model._take(open_checkpoint(content, params["device"], params["threads"], params["precision"]))
    return model
