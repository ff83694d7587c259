"""Hamiltonian Monte Carlo: draws from a learned density by its gradients, and compares with the flow's own samples."""
import numpy as np

import flowengine

random = np.random.default_rng(0)
mixing = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [-0.3, 0.5, 0.7]])
rows = (random.normal(size=(4000, 3)) @ mixing.T + [1.0, -2.0, 0.5]).astype(np.float32)
flow = flowengine.MAF(blocks=3, hidden=32, seed=0).fit(rows, epochs=10)


def hmc(x: np.ndarray, steps: int, leaps: int = 10, size: float = 0.2) -> np.ndarray:
    """Chains (n, d) from x: as many as it has rows, each after so many steps of HMC with leapfrog moves."""
    log_prob, gradient = flow.log_prob_gradient(x)
    for _ in range(steps):
        momentum = random.normal(size=x.shape)
        start = log_prob - 0.5 * (momentum**2).sum(1)
        moved, moved_log_prob, moved_gradient = x, log_prob, gradient
        for _ in range(leaps):
            momentum = momentum + 0.5 * size * moved_gradient
            moved = (moved + size * momentum).astype(np.float32)
            moved_log_prob, moved_gradient = flow.log_prob_gradient(moved)
            momentum = momentum + 0.5 * size * moved_gradient
        taken = np.log(random.random(len(x))) < moved_log_prob - 0.5 * (momentum**2).sum(1) - start
        x = np.where(taken[:, None], moved, x)
        log_prob = np.where(taken, moved_log_prob, log_prob)
        gradient = np.where(taken[:, None], moved_gradient, gradient)
    return x


chains = hmc(np.zeros((1000, 3), np.float32), steps=40)
drawn = flow.sample(20000, seed=1)
error = np.sqrt((chains.var(0) + drawn.var(0)) / len(chains))
print("means of HMC    ", chains.mean(0).round(2))
print("means of samples", drawn.mean(0).round(2))
assert (np.abs(chains.mean(0) - drawn.mean(0)) < 5 * error).all()
