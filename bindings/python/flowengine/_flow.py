"""Flows as estimators: what all models have."""
from __future__ import annotations

import abc
import copy
import ctypes
import json
import os
import warnings
from typing import Any, Optional, Sequence, TypeVar, Union

import numpy as np

from . import _arrays, _device, _ffi, _schema
from ._estimator import Estimator
from ._inference import FloatArray, Inference
from ._ranks import Communicator, shards_of
from ._training import ProgressFunction, Training, to_handle, training_options
from .errors import InvalidArgumentError

_Self = TypeVar("_Self", bound="Flow")


class Flow(Inference, Estimator, abc.ABC):
    """
    A normalizing flow: fitted, saved, and asked for densities, latents and samples. A subclass says what its data are.

    A model may be called from many threads at once; training and inference take turns.
    """

    #: What the C API calls the model.
    kind: str

    #: Mean bits per dimension of each update of the last ``fit``.
    history_: Sequence[float] = ()

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
        return _ffi.bytes_of("flow_model_save_memory", self._model)

    def __reduce__(self) -> Any:
        params = self.get_params()
        state = {
            name: value for name, value in vars(self).items()
            if name not in params and name not in ("_handle", "_info", "_schema", "_place")}
        return _unpickle, (type(self), None if self._handle is None else self.to_bytes(), params), state

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
    def schema(self) -> Optional[dict[str, Any]]:
        """
        What the model knows of its data: columns, scaling and label of a table, or size, levels and padding of images,
        and the names and counts of classes, as ``flow_model_schema`` of the C API says. None where the checkpoint says
        nothing.
        """
        _ = self._model
        return copy.deepcopy(self._schema)

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

    def set_params(self: _Self, **params: Any) -> _Self:
        """Changes arguments of the constructor: the next ``fit`` begins with new weights, of a model of these."""
        super().set_params(**params)
        self._begins_anew = self._begins_anew or bool(params)
        return self

    def fit(
            self: _Self, x: Any, y: Any = None, *, epochs: int = 10, batch_size: Optional[int] = None,
            learning_rate: float = 1e-3, final_learning_rate: float = 0, optimizer: str = "adam", schedule: str = "cooldown",
            warmup_images: Optional[int] = None, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
            weight_decay: float = 0, clip: Optional[float] = 1, ema_decay: Optional[float] = None, flip: bool = False,
            activations: str = "auto", read_every: Optional[int] = None, seed: int = 0,
            shards: int = 1, reduce: str = "exact", progress: Union[bool, ProgressFunction] = False, warm_start: bool = False,
            communicator: Optional[Communicator] = None) -> _Self:
        """
        Trains by maximum likelihood, from new weights; a model that was loaded, built or initialized keeps its own.

        :param x: (B, H, W, C) grey levels, uint8 below ``bins``; or floats scaled to [-0.5, 0.5), trained as they are. In
            host memory, finite.
        :param y: of a conditional model the classes, (B), or the numbers of each datum, (B, N), or one of all; of another
            not used. Classes of a new model may be names, as many as it has.
        :param epochs: passes over the images.
        :param batch_size: images of an update; None for 64, of a table 256, or all where there are fewer.
        :param warmup_images: images over which the learning rate rises from zero; None for 100 updates, of a short run a tenth.
        :param schedule: ``constant``, ``cosine``, or ``cooldown``: constant, and falling over the last quarter of the run.
        :param final_learning_rate: at the end of a schedule that falls.
        :param beta1: decay of the mean of the gradients.
        :param beta2: decay of the mean of their squares.
        :param epsilon: added to the denominator of an update.
        :param clip: the largest norm of the gradient; None or 0 for no limit.
        :param ema_decay: of the moving average of the weights, which the model has afterwards; None for 0.999, of a table
            0.99; 0 for none.
        :param read_every: updates between two readings of their losses, at most; None for 1 on the CPU, else 20.
        :param shards: parts of a batch, a power of two, whose gradients are summed as a binary tree: less memory.
        :param activations: ``store``, ``invert`` (memory does not grow with depth), or ``auto``.
        :param progress: True for a line on stderr, or a function that is called after every update (:class:`Progress`) and
            stops the training with a true result.
        :param reduce: how gradients are summed over the ranks of ``communicator``: ``exact`` gives the same bits for any number of
            them, ``fast`` takes the communicator's own order.
        :param communicator: the processes that train this model together, a communicator of mpi4py or a like object
            (:class:`Communicator`): each calls ``fit`` with the same arguments and gets the same model. They begin with the weights of
            rank 0, and ``shards`` is a multiple of their number; 8 unless more is given.
        :param warm_start: keep the weights of the last ``fit`` and continue from them.
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
            read_every=read_every, seed=seed, shards=shards_of(communicator, shards), reduce=reduce)
        assert self._handle is not None
        training = Training(self._handle, images, condition, self.dims, options, epochs, progress, communicator)
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

    # --- Inside --------------------------------------------------------------------------------------------------


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


def _place(info: _ffi.ModelInfo) -> _arrays.Place:
    if info.backend == _device.CUDA:
        return _arrays.Place(info.device)
    name = _device.name_of(info.backend, info.device)
    return _arrays.Place(why=f"the model runs on {name}; one with device='cuda:0' takes it")


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
