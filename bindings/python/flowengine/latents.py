"""
Paths, attribute directions and styles in the latents of a model.

All functions take and give what ``forward(x, standard=True, as_levels=True)`` gives, one array (B, h, w, c) for each
level, and ``inverse(latents, standard=True)`` takes::

    z = flow.forward(images, standard=True, as_levels=True)
    way = flow.inverse(latents.arc([level[0] for level in z], [level[1] for level in z], 9), standard=True)
"""
from __future__ import annotations

from typing import Iterable, Optional, Sequence

import numpy as np
import numpy.typing as npt

from .errors import InvalidArgumentError

Levels = Sequence[npt.NDArray[np.float32]]


def arc(start: Levels, end: Levels, points: int) -> list[npt.NDArray[np.float32]]:
    """
    The way from one datum to another on an arc, on which every point is as typical of the prior as the ends.

    :param start: the latents of one datum, (h, w, c) by level.
    :param end: those of another.
    :param points: how many, both ends among them, at least 2.
    :returns: (points, h, w, c) by level.
    """
    if points < 2:
        raise InvalidArgumentError(f"points is {points}, expected 2 or more")
    a = np.concatenate([np.ravel(level) for level in start]).astype(np.float64)
    b = np.concatenate([np.ravel(level) for level in end]).astype(np.float64)
    t = np.linspace(0, 1, points)
    angle = np.arccos(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1))
    if np.sin(angle) > 1e-4:
        weights = np.sin((1 - t) * angle) / np.sin(angle), np.sin(t * angle) / np.sin(angle)
    else:
        weights = 1 - t, t
    weights[0][[0, -1]], weights[1][[0, -1]] = (1, 0), (0, 1)
    way = np.outer(weights[0], a) + np.outer(weights[1], b)
    sizes = [np.size(level) for level in start]
    parts = np.split(way.astype(np.float32), np.cumsum(sizes)[:-1], axis=1)
    return [part.reshape(points, *np.shape(level)) for part, level in zip(parts, start)]


def direction(with_attribute: Levels, without: Levels) -> list[npt.NDArray[np.float32]]:
    """The difference of the means of data with an attribute and without it, (h, w, c) by level."""
    return [
        (np.mean(a, 0, np.float64) - np.mean(b, 0, np.float64)).astype(np.float32)
        for a, b in zip(with_attribute, without)]


def move(latents: Levels, along: Levels, strength: float) -> list[npt.NDArray[np.float32]]:
    """Data moved along a :func:`direction`; a strength of 1 is as far as the two means are apart."""
    return [(level + np.float32(strength) * step).astype(np.float32) for level, step in zip(latents, along)]


def match_style(
        content: Levels, style: Levels, *, levels: Optional[Iterable[int]] = None,
        strength: float = 0.75) -> list[npt.NDArray[np.float32]]:
    """
    Data with the mean and the deviation that each channel has, over the pixels, in others.

    :param content: of B data, by level.
    :param style: of B others.
    :param levels: which to change, from 0, the finest; None for all.
    :param strength: 1 for all of it, 0 for nothing.
    """
    chosen = set(range(len(content)) if levels is None else levels)
    result = []
    for index, (mine, theirs) in enumerate(zip(content, style)):
        if index in chosen:
            axes = (1, 2)
            scale = theirs.std(axes, keepdims=True) / np.maximum(mine.std(axes, keepdims=True), 1e-6)
            matched = theirs.mean(axes, keepdims=True) + scale * (mine - mine.mean(axes, keepdims=True))
            mine = mine + np.float32(strength) * (matched - mine)
        result.append(np.asarray(mine, np.float32))
    return result
