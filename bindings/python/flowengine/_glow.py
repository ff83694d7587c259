"""Glow, as an estimator."""
from __future__ import annotations

import ctypes
import inspect
import os
from typing import Any, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from . import _arrays, _device, _ffi
from ._training import ACTIVATIONS, OPTIMIZERS, SCHEDULES, ProgressFunction, Training, choice, to_handle
from .errors import InvalidArgumentError

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]

COUPLINGS = ("affine", "additive")
PRESETS = ("glow", "rosinality")


class Glow:
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

    A model may be called from many threads at once; training and inference take turns.
    """

    def __init__(
            self, *, levels: Optional[int] = None, steps: Optional[int] = None, hidden: Optional[int] = None,
            coupling: str = "affine", preset: str = "glow", bins: int = 256, seed: int = 0, device: str = "auto",
            threads: int = 0, precision: str = "fp32", layout: str = "channels_last") -> None:
        self.levels = levels
        self.steps = steps
        self.hidden = hidden
        self.coupling = coupling
        self.preset = preset
        self.bins = bins
        self.seed = seed
        self.device = device
        self.threads = threads
        self.precision = precision
        self.layout = _arrays.check_layout(layout)
        #: Mean bits per dimension of each update of the last ``fit``.
        self.history_: list[float] = []
        self._handle: Optional[_ffi.Handle] = None
        self._info = _ffi.ModelInfo()

    # --- Making, loading, saving ---------------------------------------------------------------------------------

    def build(self, shape: Sequence[int]) -> "Glow":
        """
        Makes the model with random weights, for images of a shape; ``fit`` does so by itself.

        :param shape: (H, W, C), or (C, H, W) where the layout is channels first.
        """
        if len(shape) != 3:
            raise InvalidArgumentError(f"shape is {tuple(shape)}, expected three sizes")
        first = self.layout == "channels_first"
        height, width, channels = (shape[1], shape[2], shape[0]) if first else shape
        options = _ffi.ModelOptions(
            height=height, width=width, channels=channels, levels=self.levels or 0, steps=self.steps or 0,
            hidden=self.hidden or 0, coupling=choice("coupling", self.coupling, COUPLINGS),
            preset=choice("preset", self.preset, PRESETS), bins=self.bins, seed=self.seed)
        device = _device.options(self.device, self.threads, self.precision)
        self._take(to_handle(
            "flow_model_free", "flow_model_create", b"glow", ctypes.byref(options), ctypes.byref(device)))
        return self

    @classmethod
    def load(
            cls, source: Union[str, "os.PathLike[str]", bytes], *, device: str = "auto", threads: int = 0,
            precision: str = "fp32", layout: str = "channels_last") -> "Glow":
        """
        A model from a checkpoint.

        :param source: the file, or its bytes.
        """
        model = cls(device=device, threads=threads, precision=precision, layout=layout)
        options = _device.options(device, threads, precision)
        if isinstance(source, bytes):
            model._take(to_handle(
                "flow_model_free", "flow_model_load_memory", source, len(source), ctypes.byref(options)))
        else:
            model._take(to_handle(
                "flow_model_free", "flow_model_load", os.fsencode(source), ctypes.byref(options)))
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
        if self._handle is None:
            return _unpickle, (None, self.get_params())
        return _unpickle, (self.to_bytes(), self.get_params())

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"Glow({params})"

    # --- What it is ----------------------------------------------------------------------------------------------

    @property
    def is_fitted(self) -> bool:
        """True once it is trained, loaded or initialized on data."""
        if self._handle is None:
            return False
        self._refresh()
        return bool(self._info.is_initialized)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one image in the layout of this model."""
        height, width, channels = self._shape
        return (channels, height, width) if self.layout == "channels_first" else (height, width, channels)

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

    def set_params(self, **params: Any) -> "Glow":
        """Changes arguments of the constructor; the next ``fit`` of a new model takes them."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise InvalidArgumentError(f"there is no parameter {name}, expected one of {', '.join(known)}")
            setattr(self, name, value)
        return self

    def fit(
            self, x: Any, y: Any = None, *, epochs: int = 10, batch_size: int = 64, learning_rate: float = 1e-3,
            optimizer: str = "adam", schedule: str = "constant", warmup_images: int = 6400, weight_decay: float = 0,
            clip: Optional[float] = 1, ema_decay: Optional[float] = 0.999, flip: bool = False,
            activations: str = "auto", seed: int = 0, progress: Union[bool, ProgressFunction] = False) -> "Glow":
        """
        Trains by maximum likelihood; a model that is trained already goes on from its weights.

        :param x: (B, H, W, C) grey levels, uint8 below ``bins``; or floats scaled to [-0.5, 0.5), trained as they are.
        :param y: not used.
        :param epochs: passes over the images.
        :param warmup_images: images over which the learning rate rises from zero.
        :param clip: the largest norm of the gradient; None for no limit.
        :param ema_decay: of the moving average of the weights, which the model has afterwards; None for none.
        :param activations: ``store``, ``invert`` (memory does not grow with depth), or ``auto``.
        :param progress: True for a line on stderr, or a function that is told of every update (:class:`Progress`) and
            stops the training with a true result.
        :returns: the model itself.
        """
        del y
        if self._handle is None:
            self.build(self._shape_of(x))
        images = _arrays.images(x, self._shape, self.layout)
        if flip and not images.is_levels:
            raise InvalidArgumentError("flip is for uint8 images: mirror the floats yourself")
        options = _ffi.TrainerOptions(
            batch=batch_size, learning_rate=learning_rate, optimizer=choice("optimizer", optimizer, OPTIMIZERS),
            schedule=choice("schedule", schedule, SCHEDULES), warmup_images=warmup_images or -1,
            weight_decay=weight_decay, clip=clip or -1, ema_decay=ema_decay or -1, flip=int(flip),
            activations=choice("activations", activations, ACTIVATIONS), seed=seed)
        assert self._handle is not None
        training = Training(self._handle, images, self.dims, options, epochs, progress)
        trained = training.run()
        self.history_ = training.history
        self._take(trained)
        return self

    def initialize(self, x: Any) -> "Glow":
        """Data-dependent initialization of a new model on a batch, without training."""
        if self._handle is None:
            self.build(self._shape_of(x))
        images = self._scaled(x)
        _ffi.call("flow_model_initialize", self._model, images.pointer, images.length, ctypes.byref(images.call))
        return self

    def score_samples(self, x: Any) -> DoubleArray:
        """Log densities, as :meth:`log_prob`: scikit-learn's name."""
        return self.log_prob(x)

    def score(self, x: Any, y: Any = None) -> float:
        """The mean log density, nats per image."""
        del y
        return float(self.log_prob(x).mean())

    # --- Inference -----------------------------------------------------------------------------------------------

    def log_prob(self, x: Any, *, seed: int = 0, first_index: int = 0, batch: int = 0) -> DoubleArray:
        """
        Log densities of images.

        :param x: (B, H, W, C), uint8 grey levels or floats scaled to [-0.5, 0.5).
        :param seed: of the dequantization noise; for uint8 alone.
        :param first_index: of the first image: the noise of an image depends on seed and index alone.
        :param batch: images computed at once; changes no result.
        :returns: (B), nats, of the scaled data.
        """
        return self._per_image("flow_model_log_prob", x, seed, first_index, batch)

    def bits_per_dim(self, x: Any, *, seed: int = 0, first_index: int = 0, batch: int = 0) -> DoubleArray:
        """Bits per dimension of each image, (B): the code length of its grey levels. Arguments as :meth:`log_prob`."""
        return self._per_image("flow_model_bits_per_dim", x, seed, first_index, batch)

    def forward(self, x: Any, *, as_levels: bool = False) -> Union[FloatArray, list[FloatArray]]:
        """
        The latents of images.

        :param x: (B, H, W, C), floats scaled to [-0.5, 0.5), or uint8 (dequantized with seed 0).
        :param as_levels: True for a list of arrays, (B, h, w, c) of :attr:`latent_shapes`.
        :returns: (B, D), of each image the latents of all levels, each flattened (h, w, c).
        """
        images = self._scaled(x)
        if not as_levels:
            latents = np.empty((images.count, self.dims), np.float32)
            self._call("flow_model_forward", images, latents)
            return latents
        levels = [np.empty((images.count, *shape), np.float32) for shape in self.latent_shapes]
        _ffi.call(
            "flow_model_forward_levels", self._model, images.pointer, images.length, ctypes.byref(images.call),
            *_level_arguments(levels))
        return levels

    def inverse(self, latents: Any) -> FloatArray:
        """
        The images of latents.

        :param latents: either form that :meth:`forward` gives.
        :returns: (B, H, W, C), scaled to [-0.5, 0.5).
        """
        if isinstance(latents, (list, tuple)):
            levels = [np.ascontiguousarray(_arrays.to_numpy(level), dtype=np.float32) for level in latents]
            for level, shape in zip(levels, self.latent_shapes):
                if level.shape[1:] != shape:
                    raise InvalidArgumentError(f"a level has the shape {level.shape}, expected (B, {shape})")
            images = np.empty((levels[0].shape[0] if levels else 0, *self._shape), np.float32)
            _ffi.call(
                "flow_model_inverse_levels", self._model, *_level_arguments(levels), None, images.ctypes.data,
                images.size)
        else:
            flat = np.ascontiguousarray(_arrays.to_numpy(latents), dtype=np.float32)
            if flat.ndim != 2 or flat.shape[1] != self.dims:
                raise InvalidArgumentError(f"latents have the shape {flat.shape}, expected (B, {self.dims})")
            images = np.empty((flat.shape[0], *self._shape), np.float32)
            _ffi.call(
                "flow_model_inverse", self._model, flat.ctypes.data, flat.size, None, images.ctypes.data, images.size)
        return _arrays.from_images(images, self.layout)

    def round_trip_error(self, x: Any) -> DoubleArray:
        """Of each image the largest absolute difference that forward and inverse leave, (B)."""
        images = self._scaled(x)
        largest = np.empty(images.count)
        self._call("flow_model_round_trip", images, largest)
        return largest

    def sample(self, count: int = 1, *, temperature: float = 1, seed: int = 0, dtype: Any = np.float32) -> np.ndarray:
        """
        Draws images.

        :param temperature: scales the latent noise: 1 draws from the model, less gives likelier images.
        :param seed: image i of a seed is always the same.
        :param dtype: float32, scaled to [-0.5, 0.5), or uint8, grey levels.
        :returns: (count, H, W, C).
        """
        kinds = {np.dtype(np.float32): "flow_model_sample", np.dtype(np.uint8): "flow_model_sample_u8"}
        if np.dtype(dtype) not in kinds:
            raise TypeError(f"dtype is {np.dtype(dtype)}, expected float32 or uint8")
        images = np.empty((max(0, count), *self._shape), dtype)
        _ffi.call(
            kinds[np.dtype(dtype)], self._model, count, temperature, seed, None, images.ctypes.data, images.size)
        return _arrays.from_images(images, self.layout)

    # --- Inside --------------------------------------------------------------------------------------------------

    @property
    def _model(self) -> ctypes.c_void_p:
        if self._handle is None:
            raise InvalidArgumentError("the model is not there yet: fit it, build it, or load one")
        return self._handle.pointer

    @property
    def _described(self) -> _ffi.ModelInfo:
        _ = self._model
        return self._info

    @property
    def _shape(self) -> tuple[int, int, int]:
        info = self._described
        return info.height, info.width, info.channels

    def _take(self, handle: _ffi.Handle) -> None:
        self._handle = handle
        self._refresh()
        self.levels, self.steps, self.hidden = self._info.levels, self._info.steps, self._info.hidden
        self.coupling, self.preset = COUPLINGS[self._info.coupling], PRESETS[self._info.preset]
        self.bins = self._info.bins

    def _refresh(self) -> None:
        _ffi.call("flow_model_get_info", self._model, ctypes.byref(self._info))

    def _entries(self) -> list[_ffi.Parameter]:
        entries = []
        for index in range(self._described.tensors):
            entry = _ffi.Parameter()
            _ffi.call("flow_model_parameter", self._model, index, ctypes.byref(entry))
            entries.append(entry)
        return entries

    def _shape_of(self, x: Any) -> tuple[int, ...]:
        shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
        if len(shape) == 3:
            return (1, *shape[1:]) if self.layout == "channels_first" else (*shape[1:], 1)
        if len(shape) != 4:
            raise InvalidArgumentError(f"images have the shape {shape}, expected four dimensions")
        return shape[1:]

    def _scaled(self, x: Any) -> _arrays.Images:
        images = _arrays.images(x, self._shape, self.layout)
        if not images.is_levels:
            return images
        scaled = np.empty((images.count, *self._shape), np.float32)
        self._call("flow_model_dequantize", images, scaled, 0, 0)
        return _arrays.images(scaled, self._shape, "channels_last")

    def _per_image(self, name: str, x: Any, seed: int, first_index: int, batch: int) -> DoubleArray:
        images = _arrays.images(x, self._shape, self.layout, batch)
        result = np.empty(images.count)
        if images.is_levels:
            self._call(name + "_u8", images, result, seed, first_index)
        else:
            self._call(name, images, result)
        return result

    def _call(self, name: str, images: _arrays.Images, result: np.ndarray, *noise: int) -> None:
        _ffi.call(
            name, self._model, images.pointer, images.length, *noise, ctypes.byref(images.call), result.ctypes.data,
            result.size)


def _level_arguments(levels: list[np.ndarray]) -> tuple[Any, Any, int]:
    pointers = (ctypes.c_void_p * len(levels))(*[level.ctypes.data for level in levels])
    lengths = (ctypes.c_size_t * len(levels))(*[level.size for level in levels])
    return pointers, lengths, len(levels)


def _unpickle(content: Optional[bytes], params: dict[str, Any]) -> Glow:
    if content is None:
        return Glow(**params)
    where = {name: params[name] for name in ("device", "threads", "precision", "layout")}
    model = Glow.load(content, **where)
    model.seed = params["seed"]
    return model


def load(
        source: Union[str, "os.PathLike[str]", bytes], *, device: str = "auto", threads: int = 0,
        precision: str = "fp32", layout: str = "channels_last") -> Glow:
    """A model from a checkpoint file or its bytes, as :meth:`Glow.load`."""
    return Glow.load(source, device=device, threads=threads, precision=precision, layout=layout)
