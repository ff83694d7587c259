#!/usr/bin/env python3
"""How well detectors find anomalies: flowengine.AnomalyDetector beside five others, on tables and on features of images.

    FLOWENGINE_LIBRARY=artifacts/native/libflowengine.so PYTHONPATH=bindings/python \\
        python3 perf/peers/anomaly.py ADBENCH [--seeds 5] [--sets cardio thyroid] [--methods ours knn]
    ... anomaly.py ADBENCH --contamination
    ... anomaly.py --tables

ADBENCH holds .npz files of ADBench with X (n, d) and y (1 for an anomaly), and a folder mvtec_resnet18 of such files.
Needs NumPy and scikit-learn. Results are added to anomaly.csv beside this script, one line for each set, seed and method;
what is there is not measured again. --tables prints the tables of docs/anomalies.md from it.

Protocol, the same for everyone. A seed shuffles the normal rows: one half of them trains; at most 5,000 of the other half
and at most 2,000 anomalies, drawn by the seed, are tested. Every method has one fixed setting, and higher scores are more
anomalous. Columns are standardized by the training part for all but ours, which does so itself.

    ours        flowengine.AnomalyDetector() with its defaults; false alarms are counted at a rate of 1%
    gaussian    the Mahalanobis distance under the covariance of the training part with 1e-3 added to its diagonal
    knn         the mean distance to the 5 nearest rows of the training part
    iforest     scikit-learn's IsolationForest, 100 trees
    lof         scikit-learn's LocalOutlierFactor, 20 neighbors, novelty, on at most 20,000 training rows
    ecod        Li and others 2022: of each column minus the logarithm of the empirical tail; the largest of the sums over
                left tails, right tails and those on the side of the skew. Ranks are in the training rows, with the row

With --contamination the training part has 0, 5, 10 and 20% anomalies. Half of the anomalies may train and the other half
is tested; as many normal rows train as make half of the anomalies 20%, at most 4,000, the same for each share. Sets where
that is fewer than 100 are left out. "ours" is as above, "ours told" knows the share.
"""
import argparse
import csv
import glob
import os
import time
from collections import defaultdict

import numpy as np

RESULTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "anomaly.csv")
FIELDS = ["kind", "set", "share", "seed", "method", "auroc", "average_precision", "fit_seconds", "score_seconds",
          "false_alarms", "normal_tested"]
MOST_NORMAL, MOST_ANOMALIES, MOST_LOF = 5000, 2000, 20_000
RIDGE, NEIGHBORS, RATE = 1e-3, 5, 0.01
SHARES, LEAST_TRAINED, MOST_TRAINED = (0.0, 0.05, 0.1, 0.2), 100, 4000


# --- Methods: each takes training and test rows and the seed, and gives the scores of the test rows -----------------------

def gaussian(train, test, seed):
    precision = np.linalg.inv(np.cov(train.T) + RIDGE * np.eye(train.shape[1]))
    centered = test - train.mean(0)
    return np.sqrt((centered @ precision * centered).sum(1))


def knn(train, test, seed):
    from sklearn.neighbors import NearestNeighbors
    return NearestNeighbors(n_neighbors=NEIGHBORS).fit(train).kneighbors(test)[0].mean(1)


def iforest(train, test, seed):
    from sklearn.ensemble import IsolationForest
    return -IsolationForest(random_state=seed).fit(train).score_samples(test)


def lof(train, test, seed):
    from sklearn.neighbors import LocalOutlierFactor
    chosen = train[np.random.default_rng(seed).permutation(len(train))[:MOST_LOF]]
    return -LocalOutlierFactor(n_neighbors=min(20, len(chosen) - 1), novelty=True).fit(chosen).score_samples(test)


def ecod(train, test, seed):
    count = len(train) + 1
    ordered = np.sort(train, axis=0)
    left, right = np.empty_like(test), np.empty_like(test)
    for j in range(test.shape[1]):
        left[:, j] = (np.searchsorted(ordered[:, j], test[:, j], "right") + 1) / count
        right[:, j] = (count - np.searchsorted(ordered[:, j], test[:, j], "left")) / count
    left, right = -np.log(left), -np.log(right)
    skew = ((train - train.mean(0)) ** 3).mean(0)
    by_skew = np.where(skew < 0, left, right)
    return np.maximum(np.maximum(left.sum(1), right.sum(1)), by_skew.sum(1))


BASELINES = {"gaussian": gaussian, "knn": knn, "iforest": iforest, "lof": lof, "ecod": ecod}


def standardized(train, test):
    deviation = train.std(0)
    deviation[deviation == 0] = 1
    return (train - train.mean(0)) / deviation, (test - train.mean(0)) / deviation


def ranking(scores, is_anomaly):
    """AUROC, where a tie counts half, and average precision, where rows of one score pass a threshold together."""
    values, place = np.unique(-scores, return_inverse=True)
    anomalies = np.bincount(place[is_anomaly], minlength=len(values))
    others = np.bincount(place[~is_anomaly], minlength=len(values))
    found, passed = np.cumsum(anomalies), np.cumsum(anomalies + others)
    above = np.cumsum(others) - others
    auroc = (anomalies * (others.sum() - above - others / 2)).sum() / (anomalies.sum() * others.sum())
    return auroc, (found / passed * anomalies).sum() / anomalies.sum()


def judge(method, train, test, is_anomaly, seed, share):
    """A line of results."""
    alarms = None
    start = time.perf_counter()
    if method.startswith("ours"):
        import flowengine
        told = share if method == "ours told" else None
        detector = flowengine.AnomalyDetector(contamination=told, false_alarms=RATE, seed=seed).fit(train)
        fitted = time.perf_counter()
        scores = -detector.score_samples(test)
        alarms = int((scores[~is_anomaly] > -detector.offset_).sum())
    else:
        train, test = standardized(train, test)
        fitted = start
        scores = BASELINES[method](train, test, seed)
    auroc, precision = ranking(scores, is_anomaly)
    return {"auroc": f"{auroc:.6f}", "average_precision": f"{precision:.6f}", "fit_seconds": f"{fitted - start:.2f}",
            "score_seconds": f"{time.perf_counter() - fitted:.2f}", "false_alarms": "" if alarms is None else alarms,
            "normal_tested": int((~is_anomaly).sum())}


# --- Sets ------------------------------------------------------------------------------------------------------------

def sets(folder):
    """Kind, name, rows and which are anomalies."""
    for kind, path in [("table", folder), ("features", os.path.join(folder, "mvtec_resnet18"))]:
        for file in sorted(glob.glob(os.path.join(path, "*.npz")), key=os.path.getsize):
            name = os.path.basename(file)[:-4]
            yield kind, name.split("_", 1)[-1] if kind == "table" else name, file


def load(file):
    with np.load(file) as archive:
        return archive["X"].astype(np.float64), archive["y"] == 1


def shuffled(random, mask):
    return random.permutation(np.flatnonzero(mask))


def clean_parts(is_anomaly, seed):
    """Training and test rows."""
    random = np.random.default_rng(seed)
    normal, odd = shuffled(random, ~is_anomaly), shuffled(random, is_anomaly)
    half = len(normal) // 2
    return normal[:half], np.concatenate([normal[half:half + MOST_NORMAL], odd[:MOST_ANOMALIES]])


def dirty_parts(is_anomaly, seed, share):
    """Training rows with a share of anomalies, and test rows; None where there are too few."""
    random = np.random.default_rng(seed)
    normal, odd = shuffled(random, ~is_anomaly), shuffled(random, is_anomaly)
    half, spare = len(normal) // 2, len(odd) // 2
    count = min(half, MOST_TRAINED, int(spare * (1 - max(SHARES)) / max(SHARES)))
    if count < LEAST_TRAINED:
        return None
    planted = round(share / (1 - share) * count)
    return (np.concatenate([normal[:count], odd[:planted]]),
            np.concatenate([normal[half:half + MOST_NORMAL], odd[spare:spare + MOST_ANOMALIES]]))


# --- Results ---------------------------------------------------------------------------------------------------------

def read():
    if not os.path.exists(RESULTS):
        return []
    with open(RESULTS, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def measure(arguments):
    done = {tuple(row[field] for field in ("kind", "set", "share", "seed", "method")) for row in read()}
    is_new = not done
    shares = SHARES if arguments.contamination else (0.0,)
    with open(RESULTS, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        for seed in range(arguments.seeds):
            for kind, name, path in sets(arguments.folder):
                kind = "dirty" if arguments.contamination and kind == "table" else kind
                if arguments.sets and name not in arguments.sets or arguments.contamination and kind != "dirty":
                    continue
                missing = [
                    (share, method) for share in shares for method in arguments.methods
                    if (kind, name, f"{share:g}", str(seed), method) not in done and (share or method != "ours told")]
                rows, is_anomaly = load(path) if missing else (None, None)
                for share, method in missing:
                    parts = dirty_parts(is_anomaly, seed, share) if kind == "dirty" else clean_parts(is_anomaly, seed)
                    if parts is None:
                        break
                    train, test = parts
                    result = judge(method, rows[train], rows[test], is_anomaly[test], seed, share)
                    writer.writerow(
                        {"kind": kind, "set": name, "share": f"{share:g}", "seed": seed, "method": method, **result})
                    file.flush()
                    print(kind, name, f"{share:g}", seed, method, result["auroc"], result["average_precision"],
                          result["fit_seconds"], result["score_seconds"], flush=True)


def mean(values):
    return sum(values) / len(values)


def error(values):
    """The standard error of a mean."""
    return np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")


def compare(rows, measure_of):
    """Of each method the mean over the sets, in percent; how far ours is ahead; the standard errors of that over the seeds
    of these sets, and over sets."""
    found = defaultdict(dict)
    for row in rows:
        found[row["method"]][row["set"], row["seed"]] = 100 * float(row[measure_of])
    ours = found["ours"]
    for method, values in found.items():
        by_set, leads = defaultdict(list), defaultdict(list)
        for name, seed in sorted(ours.keys() & values.keys()):
            by_set[name].append(values[name, seed])
            leads[name].append(ours[name, seed] - values[name, seed])
        lead = [mean(of_set) for of_set in leads.values()]
        of_seeds = np.sqrt(sum(error(of_set) ** 2 for of_set in leads.values())) / len(leads)
        yield method, mean([mean(of_set) for of_set in by_set.values()]), mean(lead), of_seeds, error(lead)


def print_tables():
    results = read()
    for kind in ("table", "features"):
        rows = [row for row in results if row["kind"] == kind]
        if not any(row["method"] == "ours" for row in rows):
            continue
        print(f"\n{kind}: {len({row['set'] for row in rows})} sets; ahead ± standard error over the seeds; over sets")
        for measure_of in ("auroc", "average_precision"):
            print(f"\n| {measure_of} | mean | ours is ahead by |\n|---|---|---|")
            for method, value, lead, of_seeds, of_sets in sorted(compare(rows, measure_of), key=lambda line: -line[1]):
                print(f"| {method} | {value:.2f} | {lead:+.2f} ± {of_seeds:.2f}; {of_sets:.2f} |")
        print_sets(rows)
        print_times_and_alarms(rows)
    print_contamination([row for row in results if row["kind"] == "dirty"])


def print_sets(rows):
    methods = ["ours", *BASELINES]
    print("\n| AUROC | " + " | ".join(methods) + " |\n|---|" + "---|" * len(methods))
    for name in sorted({row["set"] for row in rows}):
        values = [[100 * float(row["auroc"]) for row in rows if row["set"] == name and row["method"] == method]
                  for method in methods]
        print(f"| {name} | " + " | ".join(f"{mean(value):.1f}" if value else "" for value in values) + " |")


def print_times_and_alarms(rows):
    seconds = defaultdict(lambda: defaultdict(list))
    for row in rows:
        seconds[row["method"]][row["set"]].append(float(row["fit_seconds"]) + float(row["score_seconds"]))
    print("\n| seconds of fit and score | median set | slowest set |\n|---|---|---|")
    for method, by_set in seconds.items():
        means = {name: mean(values) for name, values in by_set.items()}
        slowest = max(means, key=means.get)
        print(f"| {method} | {np.median(list(means.values())):.1f} | {means[slowest]:.0f} ({slowest}) |")
    alarms = defaultdict(lambda: [0, 0])
    for row in rows:
        if row["method"] == "ours":
            alarms[row["set"]][0] += int(row["false_alarms"])
            alarms[row["set"]][1] += int(row["normal_tested"])
    rates = {name: 100 * above / tested for name, (above, tested) in alarms.items()}
    above, tested = np.sum(list(alarms.values()), axis=0)
    outside = {name: rate for name, rate in rates.items() if not 0.5 <= rate <= 2}
    print(f"\nfalse alarms at 1%: pooled {100 * above / tested:.2f}%, mean of sets {mean(list(rates.values())):.2f}%, outside "
          f"0.5 to 2%: " + ", ".join(f"{name} {rate:.1f}% of {alarms[name][1]}" for name, rate in sorted(outside.items())))


def print_contamination(rows):
    if not rows:
        return
    methods = ["ours", "ours told", "knn"]
    print(f"\n{len({row['set'] for row in rows})} tables, {len({row['seed'] for row in rows})} seeds\n\n"
          "| anomalies in the training rows | " + " | ".join(f"{method}: AUROC | AP" for method in methods) + " |\n|---|"
          + "---|" * 2 * len(methods))
    for share in SHARES:
        cells = []
        for method in methods:
            chosen = [row for row in rows if row["method"] == method and float(row["share"]) == share]
            for measure_of in ("auroc", "average_precision"):
                cells.append(f"{100 * mean([float(row[measure_of]) for row in chosen]):.1f}" if chosen else "")
        print(f"| {100 * share:g}% | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="*", help="only these, such as cardio")
    parser.add_argument("--methods", nargs="*", help="only these")
    parser.add_argument("--contamination", action="store_true", help="with anomalies among the training rows")
    parser.add_argument("--tables", action="store_true", help="print the tables of what was measured")
    arguments = parser.parse_args()
    if arguments.folder is not None:
        arguments.methods = arguments.methods or (
            ["ours", "ours told", "knn"] if arguments.contamination else ["ours", *BASELINES])
        measure(arguments)
    if arguments.tables:
        print_tables()


if __name__ == "__main__":
    main()
