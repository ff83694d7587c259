"""Flows of vectors, as estimators of the rows of a table."""
from __future__ import annotations

from typing import Any, Optional, Sequence

import numpy as np

from . import _arrays, _ffi
from ._flow import Flow
from ._training import choice
from .errors import InvalidArgumentError

MIXINGS = ("reverse", "random", "lu")
PRIORS = ("logistic", "gaussian")


class TableFlow(Flow):
    """
    A flow of the rows of a table, arrays (n, d) of floats, which are taken as they are: columns that differ much in scale
    are better standardized first.

    Bits per dimension are -log_prob / (d ln 2).
    """

    def __init__(
            self, blocks: int, hidden: int, hidden_layers: int, seed: int, device: str, threads: int,
            precision: str) -> None:
        super().__init__(seed, device, threads, precision)
        self.blocks = blocks
        self.hidden = hidden
        self.hidden_layers = hidden_layers

    def _sizes(self, shape: Sequence[int]) -> _ffi.ModelOptions:
        if len(shape) != 1:
            raise InvalidArgumentError(f"shape is {tuple(shape)}, expected (d,)")
        return _ffi.ModelOptions(
            channels=shape[0], steps=self.blocks, hidden=self.hidden, hidden_layers=self.hidden_layers, seed=self.seed)

    def _take_sizes(self) -> None:
        info = self._info
        self.blocks, self.hidden, self.hidden_layers = info.steps, info.hidden, info.hidden_layers

    def _shape_of(self, x: Any) -> tuple[int, ...]:
        shape = tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
        if len(shape) != 2:
            raise InvalidArgumentError(f"rows have the shape {shape}, expected (n, d)")
        return shape[1:]

    @property
    def _datum_shape(self) -> tuple[int, ...]:
        return (self.dims,)

    @property
    def n_features_in_(self) -> int:
        """Columns of the table."""
        return self.dims

    def _images(self, x: Any, stream: Any, batch: int = 0) -> _arrays.Images:
        rows = super()._images(x, stream, batch)
        if rows.is_levels:
            raise TypeError("rows are uint8, expected floats")
        return rows


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
    :param condition_columns: a number for a model conditional on so many numbers, likewise.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: as for :class:`flowengine.Glow`.
    """

    def __init__(
            self, *, blocks: int = 5, hidden: int = 64, hidden_layers: int = 2, mixing: str = "reverse",
            batch_norm: bool = False, classes: Optional[int] = None, condition_columns: Optional[int] = None,
            condition_into: str = "prior", seed: int = 0, device: str = "auto", threads: int = 0,
            precision: str = "fp32") -> None:
        super().__init__(blocks, hidden, hidden_layers, seed, device, threads, precision)
        self._condition_on(classes, condition_columns, condition_into)
        self.mixing = mixing
        self.batch_norm = batch_norm

    def _sizes(self, shape: Sequence[int]) -> _ffi.ModelOptions:
        sizes = super()._sizes(shape)
        sizes.mixing = choice("mixing", self.mixing, MIXINGS)
        sizes.batch_norm = int(self.batch_norm)
        return sizes

    def _take_sizes(self) -> None:
        super()._take_sizes()
        self.mixing, self.batch_norm = MIXINGS[self._info.mixing], bool(self._info.batch_norm)


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
    :param condition_columns: a number for a model conditional on so many numbers, likewise.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: as for :class:`flowengine.Glow`.
    """

    kind = "nice"

    def __init__(
            self, *, blocks: int = 5, hidden: int = 64, hidden_layers: int = 2, prior: str = "logistic",
            classes: Optional[int] = None, condition_columns: Optional[int] = None, condition_into: str = "prior",
            seed: int = 0, device: str = "auto", threads: int = 0, precision: str = "fp32") -> None:
        super().__init__(blocks, hidden, hidden_layers, seed, device, threads, precision)
        self._condition_on(classes, condition_columns, condition_into)
        self.prior = prior

    def _sizes(self, shape: Sequence[int]) -> _ffi.ModelOptions:
        sizes = super()._sizes(shape)
        sizes.prior = choice("prior", self.prior, PRIORS)
        return sizes

    def _take_sizes(self) -> None:
        super()._take_sizes()
        self.prior = PRIORS[self._info.prior]


class DenseGlow(TableFlow):
    """
    A Glow of vectors: ActNorm, a learned linear map and an affine coupling of a dense network in each block.

    :param blocks: of these three.
    :param hidden: units of the hidden layers of the networks.
    :param hidden_layers: how many of those.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number for a model conditional on so many numbers, likewise.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: as for :class:`flowengine.Glow`.
    """

    kind = "dense-glow"

    def __init__(
            self, *, blocks: int = 5, hidden: int = 64, hidden_layers: int = 2, classes: Optional[int] = None,
            condition_columns: Optional[int] = None, condition_into: str = "prior", seed: int = 0,
            device: str = "auto", threads: int = 0, precision: str = "fp32") -> None:
        super().__init__(blocks, hidden, hidden_layers, seed, device, threads, precision)
        self._condition_on(classes, condition_columns, condition_into)
