"""Small models and images that the tests share."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import flowengine

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def levels() -> np.ndarray:
    """40 colour images of 8x8 in 16 grey levels, not all alike."""
    noise = np.random.default_rng(0).integers(0, 16, (40, 8, 8, 3), dtype=np.uint8)
    return noise // (1 + np.arange(3, dtype=np.uint8))


@pytest.fixture(scope="session")
def scaled(levels: np.ndarray) -> np.ndarray:
    return ((levels + 0.5) / 16 - 0.5).astype(np.float32)


@pytest.fixture(scope="session")
def glow(levels: np.ndarray) -> flowengine.Glow:
    """A trained model; no test changes it."""
    return flowengine.Glow(levels=2, steps=2, hidden=16, bins=16, seed=3).fit(
        levels, epochs=3, batch_size=10, warmup_images=0, ema_decay=0)
