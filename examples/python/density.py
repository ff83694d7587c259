"""Learns the density of two moons, checks that it integrates to 1, and draws rows."""
import numpy as np

import flowengine


def two_moons(count: int, seed: int) -> np.ndarray:
    """Rows (count, 2): two half circles with noise."""
    random = np.random.default_rng(seed)
    angle = random.uniform(0, np.pi, count)
    side = np.where(random.random(count) < 0.5, 1.0, -1.0)
    rows = np.stack([side * (np.cos(angle) - 0.5), side * (np.sin(angle) - 0.25)], 1)
    return (rows + random.normal(0, 0.08, rows.shape)).astype(np.float32)


flow = flowengine.NSF(blocks=4, hidden=32, seed=0).fit(two_moons(4000, seed=0), epochs=20)
print(f"{flow.log_prob(two_moons(2000, seed=1)).mean():.3f} nats on rows it has not seen")

axis = np.linspace(-3, 3, 301)
grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)
integral = np.exp(flow.log_prob(grid)).sum() * (axis[1] - axis[0]) ** 2
print(f"its density integrates to {integral:.3f} over the square")
assert abs(integral - 1) < 0.02

print(flow.sample(5, seed=1))
