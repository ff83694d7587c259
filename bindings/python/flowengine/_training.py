"""Training: epochs over a trainer of the C API."""
from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from typing import Any, Callable, Optional, Union

import numpy as np

from . import _ffi
from ._arrays import Images
from ._ranks import Communicator, Ranks
from .errors import CancelledError, InvalidArgumentError


@dataclass(frozen=True)
class Progress:
    """Where a training stands."""

    #: Updates begun, and how many there will be.
    update: int
    updates: int
    #: Images seen.
    images: int
    #: Passes over the data begun, from 0.
    epoch: int
    #: Mean over the last batch, before its update.
    bits_per_dim: float
    gradient_norm: float
    learning_rate: float
    #: Updates that were skipped because something was not finite.
    skipped: int


#: Told of every update; a true result stops the training.
ProgressFunction = Callable[[Progress], Any]


def choice(name: str, value: str) -> int:
    """The number of a named value of an option of a training."""
    names = _ffi.TRAINING[name]["names"]
    if value not in names:
        raise InvalidArgumentError(f"{name} is {value!r}, expected one of {', '.join(names)}")
    return int(names.index(value))


def training_options(is_table: bool, **given: Any) -> _ffi.TrainerOptions:
    """The options of a trainer; None stands for the default, which a table may have of its own."""
    options = _ffi.TrainerOptions()
    for name, option in _ffi.TRAINING.items():
        default = option.get("default_of_tables" if is_table else "default")
        value = given.get(name)
        value = default if value is None else value
        if "names" in option and value is not None:
            value = choice(name, value)
        elif value == 0 and default:
            value = -1  # 0 would be the default.
        if value is not None:
            setattr(options, name, value)
    return options


def to_handle(free: str, function: str, *arguments: Any) -> _ffi.Handle:
    handle = _ffi.Handle(free)
    _ffi.call(function, *arguments, handle.out)
    return handle


class Training:
    """One run: makes the trainer, runs the epochs, keeps the curve."""

    def __init__(
            self, model: _ffi.Handle, images: Images, condition: Optional[np.ndarray], dims: int,
            options: _ffi.TrainerOptions, epochs: int,
            progress: Union[bool, ProgressFunction], communicator: Optional[Communicator] = None) -> None:
        if epochs < 1:
            raise InvalidArgumentError(f"epochs is {epochs}, expected 1 or more")
        if images.count == 0:
            raise InvalidArgumentError("no images were given, expected at least 1")
        if options.batch < 1:
            raise InvalidArgumentError("batch_size is not positive, expected 1 or more")
        self._model = model
        self._images = images
        self._dims = dims
        shards = max(1, options.shards)
        if images.count < shards:
            raise InvalidArgumentError(f"{images.count} images were given, expected one or more for each of {shards} shards")
        options.batch = min(options.batch, images.count) // shards * shards
        if options.batch == 0:
            raise InvalidArgumentError(f"batch_size is less than {shards} shards, expected a multiple of them")
        self._per_epoch = images.count // options.batch
        self._updates = epochs * self._per_epoch
        options.total_images = self._updates * options.batch
        self._options = options
        self._progress: Optional[ProgressFunction] = _print if progress is True else progress or None
        self._error: Optional[BaseException] = None
        self._stopped = False
        #: Mean bits per dimension of each update.
        self.history: list[float] = []
        #: Updates that were skipped because something was not finite.
        self.skipped = 0
        self._condition = condition
        # A data set of the engine has no conditions.
        self._by_batches = condition is not None or not images.is_levels
        source = () if self._by_batches else (images.pointer, images.length)
        self._ranks = None if communicator is None else Ranks(communicator)
        if self._ranks is not None:
            function, source = "flow_trainer_create_shared", source or (None, 0)
        else:
            function = "flow_trainer_create" if self._by_batches else "flow_trainer_create_on"
        shared = () if self._ranks is None else (self._ranks.struct,)
        self._trainer = self._checked(lambda: to_handle(
            "flow_trainer_free", function, model.pointer, *source, ctypes.byref(options), *shared))

    def run(self) -> _ffi.Handle:
        """Trains; the model with the moving average of the weights."""
        self._checked(self._run_batches if self._by_batches else self._run_data_set)
        if self._error is not None:
            raise self._error
        return to_handle("flow_model_free", "flow_trainer_snapshot", self._trainer.pointer)

    def _checked(self, call: Callable[[], Any]) -> Any:
        """What failed in a communicator is the reason, not what C says of it."""
        try:
            return call()
        except Exception as error:
            if self._ranks is not None and self._ranks.error is not None:
                raise self._ranks.error from error
            raise

    def _run_data_set(self) -> None:
        @_ffi.StepCallback
        def done(metrics: Any, _user: Any) -> int:
            return int(self._told(metrics.contents))

        metrics = _ffi.Metrics()
        try:
            _ffi.call(
                "flow_trainer_run", self._trainer.pointer, self._updates, ctypes.cast(done, ctypes.c_void_p), None,
                ctypes.byref(metrics))
        except CancelledError:
            if not self._stopped:
                raise

    def _run_batches(self) -> None:
        """Batches of images in a new order each epoch."""
        step = "flow_trainer_step_u8" if self._images.is_levels else "flow_trainer_step"
        values = self._images.owner.reshape(self._images.count, self._dims)
        random = np.random.default_rng(self._options.seed)
        batch = self._options.batch
        own = slice(0, batch) if self._ranks is None else self._ranks.part(batch)
        metrics = _ffi.Metrics()
        for update in range(self._updates):
            position = update % self._per_epoch
            if position == 0:
                order = random.permutation(len(values))
            rows = order[position * batch:(position + 1) * batch]
            if update == 0:
                self._initialize(*self._batch(values, rows))
            chosen, call = self._batch(values, rows[own])
            _ffi.call(
                step, self._trainer.pointer, chosen.ctypes.data, chosen.size, ctypes.byref(call), ctypes.byref(metrics))
            metrics.epoch = update // self._per_epoch
            if self._told(metrics):
                return

    def _batch(self, values: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, _ffi.Call]:
        call = _ffi.Call()
        if self._condition is not None:
            self._conditions = np.ascontiguousarray(self._condition[rows])
            call.condition, call.condition_length = self._conditions.ctypes.data, self._conditions.size
        return np.ascontiguousarray(values[rows]), call

    def _initialize(self, chosen: np.ndarray, call: _ffi.Call) -> None:
        info = _ffi.ModelInfo()
        _ffi.call("flow_model_get_info", self._model.pointer, ctypes.byref(info))
        if info.is_initialized:
            return
        if self._images.is_levels:
            scaled = np.empty(chosen.shape, np.float32)
            _ffi.call(
                "flow_model_dequantize", self._model.pointer, chosen.ctypes.data, chosen.size, 0, 0, None,
                scaled.ctypes.data, scaled.size)
            chosen = scaled
        _ffi.call(
            "flow_model_initialize", self._model.pointer, chosen.ctypes.data, chosen.size, ctypes.byref(call))

    def _told(self, metrics: _ffi.Metrics) -> bool:
        """True to stop. Nothing may be raised into C, so errors and Ctrl-C wait until the call is back."""
        try:
            self.history.append(metrics.bits_per_dim)
            self.skipped = metrics.skipped
            if self._progress is not None:
                self._stopped = bool(self._progress(Progress(
                    metrics.updates, self._updates, metrics.images, metrics.epoch, metrics.bits_per_dim,
                    metrics.gradient_norm, metrics.learning_rate, metrics.skipped)))
        except BaseException as error:
            self._error = error
            self._stopped = True
        return self._stopped


def _print(progress: Progress) -> None:
    is_last = progress.update == progress.updates
    if is_last or progress.update % max(1, progress.updates // 100) == 0:
        print(
            f"\rupdate {progress.update}/{progress.updates}  {progress.bits_per_dim:.4f} bits/dim",
            end="\n" if is_last else "", file=sys.stderr, flush=True)
