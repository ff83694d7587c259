"""A model knows its data: the command, C and Python agree in the units of the table, and images are padded."""
from __future__ import annotations

import csv
import json
import os
import pickle
import subprocess

import numpy as np
import pytest

import flowengine
from conftest import REPOSITORY
from flowengine.errors import InvalidArgumentError

COMMAND = REPOSITORY / "bindings/cli/bin/Release/net10.0/flow"
KINDS = ["3", "ash", "birch"]
COLUMNS = ["a", "twice", "b", "always"]


class Frame:
    """As much of a data frame as is used of one."""

    def __init__(self, columns, values):
        self.columns, self.values, self.shape = list(columns), np.asarray(values), np.shape(values)

    def __getitem__(self, names):
        return Frame(names, self.values[:, [self.columns.index(name) for name in names]])

    def __array__(self, dtype=None, copy=None):
        del copy
        return self.values.astype(dtype or self.values.dtype)


def flow(*arguments):
    result = subprocess.run(
        [str(COMMAND), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def table():
    """Rows whose kind is told by a, in units far from 0 and 1; a column repeats another, one is constant."""
    random = np.random.default_rng(0)
    kinds = random.integers(0, 3, 300)
    a = 1000 + 500 * kinds + 100 * random.random(300)
    return np.column_stack([a, 2 * a, random.random(300) / 1000, np.full(300, 7.0)]), [KINDS[kind] for kind in kinds]


@pytest.fixture(scope="module")
def trained(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("schema")
    rows, kinds = table
    # Of a file of such a name nothing is split off, so that it is scored in its order.
    for name in ("rows.csv", "test_rows.csv"):
        with open(folder / name, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*COLUMNS, "kind"])
            writer.writerows([*map(repr, map(float, row)), kind] for row, kind in zip(rows, kinds))
    flow("train", "--data", folder / "rows.csv", "--label", "kind", "--conditional", "--out", folder / "run",
         "--blocks", 2, "--hidden", 8, "--epochs", 10, "--batch", 32, "--lr", 0.01, "--warmup-images", 0, "--threads", 1)
    return folder


def test_one_checkpoint_says_the_same_to_the_command_and_c_and_python(trained, table):
    program = os.environ.get("FLOWENGINE_C_ROWS")
    if not program:
        pytest.skip("FLOWENGINE_C_ROWS does not name the C program rows")
    rows, kinds = table
    checkpoint = trained / "run/checkpoint.safetensors"
    scores = json.loads(flow("score", checkpoint, "--data", trained / "test_rows.csv", "--json"))
    flow("sample", checkpoint, "--label", "ash", "--count", 4, "--seed", 5, "--out", trained / "drawn.csv")
    with open(trained / "drawn.csv", encoding="utf-8") as file:
        header, *drawn = csv.reader(file)
    assert header == [*COLUMNS, "kind"] and {row[4] for row in drawn} == {"ash"}
    drawn = np.array([[float(value) for value in row[:4]] for row in drawn])
    assert np.mean(np.array(scores["class"]) == kinds) >= 0.9

    model = flowengine.load(checkpoint, threads=1)
    assert np.array_equal(model.log_prob(rows, kinds), scores["scores"]["log_prob"])
    assert model.predict(rows).tolist() == scores["class"]
    assert np.array_equal(model.sample(4, "ash", seed=5), drawn)

    rows.tofile(trained / "rows.bin")
    np.array([KINDS.index(kind) for kind in kinds], np.float64).tofile(trained / "kinds.bin")
    result = subprocess.run(
        [program, checkpoint, trained / "rows.bin", trained / "kinds.bin"],
        capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.split("\n")
    told = [line.split() for line in lines[:300]]
    assert [float.fromhex(log_prob) for log_prob, _ in told] == scores["scores"]["log_prob"]
    assert [KINDS[int(number)] for _, number in told] == scores["class"]
    assert [float.fromhex(value) for value in lines[300:316]] == drawn.ravel().tolist()


def test_rows_are_in_the_units_of_the_table_everywhere(trained, table):
    rows, kinds = table
    model = flowengine.load(trained / "run/checkpoint.safetensors", threads=1)
    assert model.schema["name"] == "rows.csv" and model.schema["label"] == "kind"
    assert model.classes_.tolist() == KINDS and abs(model.class_prior_.sum() - 1) <= 1e-12
    assert model.n_features_in_ == 4 and model.feature_names_in_.tolist() == COLUMNS
    back = model.inverse(model.forward(rows, kinds), kinds)
    assert back.dtype == np.float64 and np.allclose(back, rows, rtol=1e-4, atol=1e-7)
    by_class = model.class_log_prob(rows)
    own = by_class[np.arange(300), [KINDS.index(kind) for kind in kinds]]
    assert np.allclose(own, model.log_prob(rows, kinds), rtol=1e-9)
    assert np.allclose(model.bits_per_dim(rows, kinds), -own / (2 * np.log(2)), rtol=1e-9)
    shuffled = Frame(["always", "b", "kind", "a", "twice"], rows[:, [3, 2, 0, 0, 1]])
    assert np.array_equal(model.log_prob(shuffled, kinds), model.log_prob(rows, kinds))
    again = pickle.loads(pickle.dumps(model))
    assert again.schema == model.schema and np.array_equal(again.predict_proba(rows), model.predict_proba(rows))
    more = flowengine.load(model.to_bytes()).fit(rows, kinds, epochs=1, learning_rate=1e-5, warmup_images=0)
    assert abs(more.score(rows, kinds) - model.score(rows, kinds)) <= 0.5

    with pytest.raises(InvalidArgumentError, match="no class 'oak'.*3, ash, birch"):
        model.log_prob(rows, "oak")
    with pytest.raises(InvalidArgumentError, match="lack the columns b"):
        model.log_prob(Frame(["a", "twice", "always"], rows[:, [0, 1, 3]]), kinds)
    with pytest.raises(InvalidArgumentError, match="a, twice, b, always"):
        model.log_prob(rows[:, :3], kinds)
    with pytest.raises(InvalidArgumentError, match=r"row 2, column 1 \(twice\)"):
        broken = rows.copy()
        broken[2, 1] = np.nan
        model.log_prob(broken, kinds)


def test_a_condition_is_in_the_units_of_the_table(trained, table):
    rows, _ = table
    flow("train", "--data", trained / "rows.csv", "--label", "kind", "--condition-columns", "twice", "--out",
         trained / "given", "--blocks", 2, "--hidden", 8, "--epochs", 2, "--batch", 32, "--threads", 1)
    checkpoint = trained / "given/checkpoint.safetensors"
    model = flowengine.load(checkpoint, threads=1)
    scores = json.loads(flow("score", checkpoint, "--data", trained / "test_rows.csv", "--json"))["scores"]["log_prob"]
    assert np.array_equal(model.log_prob(rows[:, [0, 2, 3]], rows[:, 1:2]), scores)
    flow("sample", checkpoint, "--given", 4000, "--count", 3, "--out", trained / "drawn.csv")
    with open(trained / "drawn.csv", encoding="utf-8") as file:
        _, *drawn = csv.reader(file)
    assert np.array_equal(model.sample(3, [[4000]]), [[float(value) for value in row] for row in drawn])


def test_names_that_fit_saw_are_kept(table):
    rows, kinds = table
    scaled = Frame(["x", "y"], (rows[:, [0, 2]] - rows[:, [0, 2]].mean(0)) / rows[:, [0, 2]].std(0))
    model = flowengine.MAF(blocks=1, hidden=8, classes=3, threads=1).fit(scaled, kinds, epochs=5, warmup_images=0)
    again = flowengine.load(model.to_bytes())
    assert again.classes_.tolist() == KINDS and again.feature_names_in_.tolist() == ["x", "y"]
    assert np.array_equal(again.class_prior_, [kinds.count(kind) / 300 for kind in KINDS])
    assert np.array_equal(again.predict(scaled), model.predict(scaled))
    with pytest.raises(InvalidArgumentError, match="expected 2"):
        flowengine.MAF(classes=2).fit(scaled, kinds)


def test_images_of_a_padded_model_have_the_size_of_its_data(tmp_path):
    flow("train", "--data", "digits", "--out", tmp_path / "run", "--pad", 16, "--levels", 1, "--steps", 1, "--hidden", 8,
         "--images", 64, "--threads", 1)
    checkpoint = tmp_path / "run/checkpoint.safetensors"
    model = flowengine.load(checkpoint, threads=1)
    assert model.input_shape == (8, 8, 1) and model.schema["padding"]["top"] == 4
    images = np.random.default_rng(0).integers(0, 17, (5, 8, 8, 1), dtype=np.uint8)
    padded = np.zeros((5, 16, 16, 1), np.uint8)
    padded[:, 4:12, 4:12] = images
    assert np.array_equal(model.log_prob(images), model.log_prob(padded))
    assert np.array_equal(model.decompress(model.compress(images)), images)
    drawn = model.sample(3, dtype=np.uint8)
    assert drawn.shape == (3, 8, 8, 1)
    assert np.array_equal(model.sample(3, out=np.empty((3, 8, 8, 1), np.float32)), model.sample(3))
    scaled = (images + np.float32(0.5)) / 17 - np.float32(0.5)
    assert np.abs(model.inverse(model.forward(scaled)) - scaled).max() <= 1e-4
    first = flowengine.load(checkpoint, threads=1, layout="channels_first")
    assert np.array_equal(first.log_prob(np.moveaxis(images, 3, 1)), model.log_prob(images))
    assert first.sample(3).shape == (3, 1, 8, 8)
