"""RealNVP, as an estimator of images."""
from __future__ import annotations

from typing import Optional

from ._images import ImageFlow


class RealNVP(ImageFlow):
    """
    A RealNVP (Dinh, Sohl-Dickstein and Bengio 2017) of images, with batch normalization between its couplings.

    ``levels`` of None is 2 up to 16 pixels, else 3, less where the size does not divide.

    :param levels: L, scales; height and width are multiples of 2^(L-1).
    :param blocks: residual blocks of a coupling network.
    :param hidden: channels inside the coupling networks.
    :param logit_margin: the flow begins with logit(N + (1 - 2N) x), x the grey level from 0 to 1; 0 for none.
    :param bins: grey levels of the data, 2 to 256.
    :param classes: a number for a model conditional on classes 0 to ``classes`` - 1, the ``y`` of its methods.
    :param condition_columns: a number makes the model conditional on so many numbers.
    :param condition_into: what reads the condition: here only ``prior``.
    :param seed: of the first weights.
    :param device: a name of :func:`flowengine.devices`; ``auto`` is the CPU.
    :param threads: of the CPU; 0 for one per core.
    :param precision: accepted as for :class:`flowengine.Glow`; these networks compute in fp32 whatever it is.
    :param layout: ``channels_last``, (B, H, W, C), or ``channels_first``, (B, C, H, W), of all images.
    """

    kind = "realnvp"

    def __init__(
            self, *, levels: Optional[int] = None, blocks: int = 2, hidden: int = 32,
            logit_margin: float = 0.05, bins: int = 256, classes: Optional[int] = None, condition_columns: Optional[int] = None,
            condition_into: Optional[str] = None, seed: int = 0, device: str = "auto", threads: int = 0,
            precision: str = "fp32", layout: str = "channels_last") -> None:
        super().__init__(levels, hidden, bins, seed, device, threads, precision, layout)
        self._condition_on(classes, condition_columns, condition_into)
        self.blocks = blocks
        self.logit_margin = logit_margin
