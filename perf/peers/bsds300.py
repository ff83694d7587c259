#!/usr/bin/env python3
"""Makes the table of the BSDS300 benchmark of 8x8 patches (Zoran and Weiss 2011, Papamakarios 2017), 63 columns.

    python3 perf/peers/bsds300.py PATCHES OUT       # then: flow train --data OUT --model maf --out RUN
                                                    #       flow eval RUN --data OUT

PATCHES holds train.npy, val.npy and test.npy, uint8 of shape (N, 64). Each patch gets uniform noise (seed 0), is divided by
256, loses its mean, and its last pixel, which the others now determine. Prints, in nats a row with two standard errors, how
likely a Gaussian of the training part makes the test part. Needs NumPy.
"""
import os
import sys

import numpy as np


def main(source, target):
    os.makedirs(target, exist_ok=True)
    random = np.random.default_rng(0)
    parts = {}
    for part in ("train", "val", "test"):
        patches = np.load(os.path.join(source, part + ".npy"))
        scaled = (patches + random.random(patches.shape)) / 256
        parts[part] = (scaled - scaled.mean(1, keepdims=True))[:, :63].astype(np.float32)
        np.save(os.path.join(target, part + ".npy"), parts[part])
    train, test = parts["train"].astype(np.float64), parts["test"].astype(np.float64)
    covariance = np.cov(train.T)
    centered = test - train.mean(0)
    squares = (centered @ np.linalg.inv(covariance) * centered).sum(1)
    nats = -(squares + np.linalg.slogdet(2 * np.pi * covariance)[1]) / 2
    error = nats.std(ddof=1) / np.sqrt(len(nats))
    print(f"{len(train)} training and {len(test)} test rows; a Gaussian: {nats.mean():.2f} ± {2 * error:.2f} nats")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
