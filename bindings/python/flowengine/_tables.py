"""Flows of vectors, as estimators of the rows of a table."""
from __future__ import annotations

import ctypes
from typing import Any, Optional, Sequence, TypeVar, Union

import numpy as np

from . import _arrays, _cuda, _ffi, _schema
from ._flow import Flow
from ._inference import DoubleArray, FloatArray
from .errors import InvalidArgumentError

_Self = TypeVar("_Self", bound="TableFlow")


class TableFlow(Flow):
    """
    A flow of the rows of a table: arrays (n, d) of numbers, or data frames, whose columns are matched by name.

    A model that the ``flow`` command trained scales them as its :attr:`schema` says: rows, log densities, samples and the
    numbers of a condition are in the units of the table, with the columns the model does not see among them. One that
    ``fit`` made takes rows as they are: columns that differ much in scale are better standardized first.

    Bits per dimension are -log_prob / (d ln 2), of the d columns that the model sees.
    """

    def _sizes(self, shape: Sequence[int]) -> dict[str, Any]:
        if len(shape) != 1:
            raise InvalidArgumentError(f"shape is {tuple(shape)}, expected (d,)")
        return {"channels": shape[0]}

    def _shape_of(self, x: Any) -> tuple[int, ...]:
        return _schema.training_rows(x).shape[1:]

    def build(self: _Self, shape: Sequence[int]) -> _Self:
        """As :meth:`Flow.build`."""
        try:
            return super().build(shape)
        except InvalidArgumentError as error:
            if tuple(shape) != (1,):
                raise
            raise InvalidArgumentError(f"{error} (n_features = 1)") from error

    @property
    def _datum_shape(self) -> tuple[int, ...]:
        return (self.dims,)

    @property
    def n_features_in_(self) -> int:
        """Columns of the table."""
        return int(self._described.table_columns) or self.dims

    @property
    def feature_names_in_(self) -> "np.ndarray[Any, np.dtype[np.object_]]":
        """The names of the columns of the table; where it had none there is no such attribute."""
        _ = self._model
        columns = self._columns()
        if columns == _schema.columns_by_place(len(columns)):
            raise AttributeError("the columns of the model have no names")
        return np.array(columns, dtype=object)

    def log_prob_gradient(
            self, x: Any, y: Any = None, *, of_condition: bool = False, batch: int = 0) -> tuple[np.ndarray, ...]:
        """
        Log densities of rows and their gradients, in the units of the table.

        :param of_condition: True for the gradient by y, too, of a model that is conditional on numbers.
        :returns: the log densities, (n), nats, and the gradient, (n, columns), 0 in columns the model does not see; and that
            by y.
        """
        if self._schema is None:
            return super().log_prob_gradient(x, y, of_condition=of_condition, batch=batch)
        rows = _schema.rows(x, self._columns())
        given = self._given(y, len(rows))
        columns = int(self._described.table_condition_columns) if of_condition else 0
        if of_condition and not columns:
            raise InvalidArgumentError("of_condition is for a model that is conditional on numbers")
        log_prob, dx, dy = np.empty(len(rows)), np.empty_like(rows), np.empty((len(rows), columns))
        call = _ffi.Call(batch=batch)
        _ffi.call(
            "flow_model_rows_log_prob_gradient", self._model, rows.ctypes.data, rows.size,
            given.ctypes.data if given.size else None, given.size, ctypes.byref(call), log_prob.ctypes.data, log_prob.size,
            dx.ctypes.data, dx.size, dy.ctypes.data if dy.size else None, dy.size)
        return (log_prob, dx, dy) if of_condition else (log_prob, dx)

    def _given(self, y: Any, count: int) -> DoubleArray:
        """What is given with rows in the units of their table: numbers, or the numbers of classes."""
        if not self._is_conditional:
            if y is not None:
                raise InvalidArgumentError("y is given, and the model is not conditional")
            return np.empty(0)
        if self._described.classes or y is None:
            return np.ascontiguousarray(self._condition(y, count).argmax(1), dtype=np.float64)
        return self._condition_rows(y, count)

    def inverse(
            self, latents: Any, y: Any = None, *, standard: bool = False, out: Any = None,
            stream: Optional[int] = None) -> Any:
        """The rows of latents, float64 in the units of the table. Arguments as for :meth:`Flow.inverse`."""
        if _cuda.view(latents, stream) is not None:
            self._require_as_is()
            return super().inverse(latents, y, standard=standard, out=out, stream=stream)
        return self._restored(super().inverse(latents, y, standard=standard, stream=stream), np.float64, out)

    def sample(
            self, count: int = 1, y: Any = None, *, temperature: Union[float, Sequence[float]] = 1, seed: int = 0,
            dtype: Any = np.float64, out: Any = None, stream: Optional[int] = None) -> Any:
        """
        Draws rows in the units of the table.

        :param dtype: float64 or float32.
        :param out: filled and returned: of dtype, (count, columns); float32 on the model's CUDA device.
        """
        if out is not None and _cuda.view(out, stream) is not None:
            self._require_as_is()
            return super().sample(count, y, temperature=temperature, seed=seed, out=out, stream=stream)
        if np.dtype(dtype) not in (np.dtype(np.float64), np.dtype(np.float32)):
            raise InvalidArgumentError(f"dtype is {np.dtype(dtype)}, expected float64 or float32")
        return self._restored(super().sample(count, y, temperature=temperature, seed=seed, stream=stream), dtype, out)

    def _columns(self) -> list[str]:
        return _schema.columns_by_place(self.dims) if self._schema is None else _schema.columns(self._schema)

    def _images(self, x: Any, stream: Any, batch: int = 0) -> _arrays.Images:
        if _cuda.view(x, stream) is not None:
            self._require_as_is()
            return super()._images(x, stream, batch)
        _arrays.require_no_stream(stream)
        rows = _schema.rows(x, self._columns(), type(self).__name__)
        if self._schema is None:
            return super()._images(rows, stream, batch)
        scaled, log_det = _schema.scale(self._model, rows, self.dims)
        return _arrays.Images(
            scaled.ctypes.data, len(scaled), scaled.size, False, scaled, _ffi.Call(batch=batch), log_det)

    def _condition(self, y: Any, count: int) -> FloatArray:
        given = int(self._described.table_condition_columns)
        if not given or y is None:
            return super()._condition(y, count)
        values = self._condition_rows(y, count)
        condition = np.empty((len(values), int(self._described.condition_columns)), np.float32)
        _ffi.call(
            "flow_model_condition", self._model, values.ctypes.data, values.size, condition.ctypes.data, condition.size)
        return condition

    def _condition_rows(self, y: Any, count: int) -> DoubleArray:
        values = _schema.rows(
            y if hasattr(y, "columns") else np.atleast_2d(np.asarray(y)),
            [column["name"] for column in (self._schema or {})["condition"]["columns"]])
        if len(values) not in (1, count):
            raise InvalidArgumentError(f"y has {len(values)} rows, expected {count}")
        return values

    def _restored(self, scaled: FloatArray, dtype: Any, out: Any) -> Any:
        """Rows in the units of the table from what the model gives."""
        rows: DoubleArray = scaled if self._schema is None else _schema.restore(
            self._model, scaled, len(self._columns()))
        if out is None:
            return rows.astype(dtype, copy=False)
        target = _arrays.result(out, rows.shape, np.dtype(dtype))
        target.array[...] = rows
        return target.array

    def _require_as_is(self) -> None:
        """Rows in device memory are not scaled."""
        schema = self._schema or {}
        changed = "logit" in schema or "logit" in schema.get("condition", {}) or any(
            (column["mean"], column["deviation"]) != (0, 1)
            for part in (schema, schema.get("condition", {})) for column in part.get("columns", []))
        if changed:
            raise InvalidArgumentError(
                "the model scales its rows (see schema), which is done in host memory: the array is in CUDA memory")

    def _learn_names(self, x: Any, y: Any) -> None:
        super()._learn_names(x, y)
        names = [str(name) for name in getattr(x, "columns", ())]
        if names and self._schema is not None:
            self._describe(columns=[
                {**column, "name": name} for column, name in zip(self._schema["columns"], names)])


class _Autoregressive(TableFlow):
    """
    A flow of masked autoregressive networks (Germain 2015).

    :param blocks: networks, one after the other.
    :param hidden: units of their hidden layers.
    :param hidden_layers: how many of those.
    :param mixing: what gives the columns another order between blocks: ``reverse``, ``random``, or ``lu``, a learned linear
        map.
    :param batch_norm: whether batch normalization follows each block.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number makes the model conditional on so many numbers.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``; None for what suits the kind.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: as for :class:`flowengine.Glow`.
    """

    def __init__(
            self, *, blocks: int = 5, hidden: int = 512, hidden_layers: int = 2, mixing: str = "reverse",
            batch_norm: bool = False, classes: Optional[int] = None, condition_columns: Optional[int] = None,
            condition_into: Optional[str] = None, seed: int = 0, device: str = "auto", threads: int = 0,
            precision: str = "fp32") -> None:
        super().__init__(seed, device, threads, precision)
        self._condition_on(classes, condition_columns, condition_into)
        self.blocks = blocks
        self.hidden = hidden
        self.hidden_layers = hidden_layers
        self.mixing = mixing
        self.batch_norm = batch_norm


class MAF(_Autoregressive):
    __doc__ = "A masked autoregressive flow (Papamakarios 2017): fast densities, slow samples.\n" + (
        _Autoregressive.__doc__ or "")

    kind = "maf"


class IAF(_Autoregressive):
    __doc__ = "An inverse autoregressive flow (Kingma 2016): fast samples, slow densities.\n" + (
        _Autoregressive.__doc__ or "")

    kind = "iaf"


class NICE(TableFlow):
    """
    A NICE (Dinh 2014): additive couplings of dense networks, and a scale for each column at the end.

    :param blocks: couplings.
    :param hidden: units of the hidden layers of their networks.
    :param hidden_layers: how many of those.
    :param prior: of the latents, ``logistic`` or ``gaussian``.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number makes the model conditional on so many numbers.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``; None for what suits the kind.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: as for :class:`flowengine.Glow`.
    """

    kind = "nice"

    def __init__(
            self, *, blocks: int = 4, hidden: int = 1000, hidden_layers: int = 5, prior: str = "logistic",
            classes: Optional[int] = None, condition_columns: Optional[int] = None, condition_into: Optional[str] = None,
            seed: int = 0, device: str = "auto", threads: int = 0, precision: str = "fp32") -> None:
        super().__init__(seed, device, threads, precision)
        self._condition_on(classes, condition_columns, condition_into)
        self.blocks = blocks
        self.hidden = hidden
        self.hidden_layers = hidden_layers
        self.prior = prior


class DenseGlow(TableFlow):
    """
    A Glow of vectors: ActNorm, a learned linear map and an affine coupling of a dense network in each block.

    :param blocks: of these three.
    :param hidden: units of the hidden layers of the networks.
    :param hidden_layers: how many of those.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number makes the model conditional on so many numbers.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``; None for what suits the kind.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: as for :class:`flowengine.Glow`.
    """

    kind = "dense-glow"

    def __init__(
            self, *, blocks: int = 10, hidden: int = 256, hidden_layers: int = 2, classes: Optional[int] = None,
            condition_columns: Optional[int] = None, condition_into: Optional[str] = None, seed: int = 0,
            device: str = "auto", threads: int = 0, precision: str = "fp32") -> None:
        super().__init__(seed, device, threads, precision)
        self._condition_on(classes, condition_columns, condition_into)
        self.blocks = blocks
        self.hidden = hidden
        self.hidden_layers = hidden_layers


class NSF(TableFlow):
    """
    A neural spline flow of the rows of a table (Durkan, Bekasov, Murray and Papamakarios 2019).

    Each block mixes the columns and moves them by rational-quadratic splines between -bound and bound, so rows are better
    standardized first.

    :param blocks: how many.
    :param hidden: units of a hidden layer of their networks.
    :param hidden_layers: how many of those.
    :param spline_bins: bins of a spline.
    :param bound: splines move what lies between minus this and this.
    :param autoregressive: whether each column is moved by what those before it are, by a masked network: densities are
        finer and samples slow. Otherwise half of the columns are moved by what the other half is.
    :param spline: what the networks' numbers stand for: as in ``zuko``, or as in ``nflows`` and normflows.
    :param activation: of hidden units: ``relu``, ``tanh``, ``elu``, ``silu``, ``gelu``, ``gelu_tanh`` or ``leaky_relu``.
    :param residual: whether the networks are residual, of as many blocks as hidden layers, which a condition gates.
    :param mixing: what mixes the columns before each block: ``lu``, a learned linear map, ``reverse`` or ``random``.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number makes the model conditional on so many numbers.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``; None for what suits the kind.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: as for :class:`flowengine.Glow`.
    """

    kind = "nsf"

    def __init__(
            self, *, blocks: int = 6, hidden: int = 128, hidden_layers: int = 2, spline_bins: int = 8, bound: float = 5,
            autoregressive: bool = False, spline: str = "zuko", activation: str = "relu", residual: bool = False,
            mixing: str = "lu", classes: Optional[int] = None, condition_columns: Optional[int] = None,
            condition_into: Optional[str] = None, seed: int = 0, device: str = "auto", threads: int = 0,
            precision: str = "fp32") -> None:
        super().__init__(seed, device, threads, precision)
        self._condition_on(classes, condition_columns, condition_into)
        self.blocks = blocks
        self.hidden = hidden
        self.hidden_layers = hidden_layers
        self.spline_bins = spline_bins
        self.bound = bound
        self.autoregressive = autoregressive
        self.spline = spline
        self.activation = activation
        self.residual = residual
        self.mixing = mixing


class Transforms(TableFlow):
    """
    A list of transforms of the rows of a table, from the data to the latents.

    ``flowengine.transforms()`` lists what there is, with options and defaults::

        flowengine.Transforms([
            {"type": "actnorm"}, {"type": "linear"}, {"type": "affine_coupling", "hidden": 64}, {"type": "permutation"},
            {"type": "autoregressive", "hidden": 64}])

    :param transforms: a dictionary for each, with its ``type`` and its options.
    :param prior: of the latents, ``gaussian``, ``logistic``, ``diagonal``, a Gaussian whose mean and scale are learned, or
        ``uniform`` in a box.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number makes the model conditional on so many numbers.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``; None for what suits the list.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: as for :class:`flowengine.Glow`.
    """

    kind = "transforms"

    def __init__(
            self, transforms: Optional[Sequence[dict[str, Any]]] = None, *, prior: str = "gaussian",
            classes: Optional[int] = None, condition_columns: Optional[int] = None, condition_into: Optional[str] = None,
            seed: int = 0, device: str = "auto", threads: int = 0, precision: str = "fp32") -> None:
        super().__init__(seed, device, threads, precision)
        self._condition_on(classes, condition_columns, condition_into)
        self.transforms = transforms
        self.prior = prior


def transforms() -> list[dict[str, Any]]:
    """What a list of :class:`Transforms` may have: names, titles, and options with their types, ranges and defaults."""
    return list(_ffi.DESCRIPTIONS["transforms"])
