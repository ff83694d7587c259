"""RealNVP, as an estimator of images."""
from __future__ import annotations

from typing import Optional, Sequence

from . import _ffi
from ._images import ImageFlow


class RealNVP(ImageFlow):
    """
    A RealNVP (Dinh, Sohl-Dickstein and Bengio 2017) of images, with batch normalization between its couplings.

    Parameters that are None follow from the images: ``levels`` is the most that divide their size, up to 3, ``blocks``
    2, ``hidden`` 32.

    :param levels: L, scales; height and width are multiples of 2^(L-1).
    :param blocks: residual blocks of a coupling network.
    :param hidden: channels inside the coupling networks.
    :param bins: grey levels of the data, 2 to 256.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number for a model conditional on so many numbers, likewise.
    :param condition_into: what reads the condition, ``prior``, ``networks`` or ``both``: only ``prior`` here.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: accepted as for :class:`flowengine.Glow`; these networks compute in fp32 whatever it is.
    :param layout: ``channels_last``, (B, H, W, C), or ``channels_first``, (B, C, H, W), of all images.
    """

    kind = "realnvp"

    def __init__(
            self, *, levels: Optional[int] = None, blocks: Optional[int] = None, hidden: Optional[int] = None,
            bins: int = 256, classes: Optional[int] = None, condition_columns: Optional[int] = None,
            condition_into: str = "prior", seed: int = 0, device: str = "auto", threads: int = 0,
            precision: str = "fp32", layout: str = "channels_last") -> None:
        super().__init__(levels, hidden, bins, seed, device, threads, precision, layout)
        self._condition_on(classes, condition_columns, condition_into)
        self.blocks = blocks

    def _sizes(self, shape: Sequence[int]) -> _ffi.ModelOptions:
        sizes = super()._sizes(shape)
        sizes.steps = self.blocks or 0
        return sizes

    def _take_sizes(self) -> None:
        super()._take_sizes()
        self.blocks = self._info.steps
