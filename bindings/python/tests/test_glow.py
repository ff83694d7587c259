"""The estimator: what it computes, what it takes, what it refuses."""
from __future__ import annotations

import gc
import pickle
import sys
import threading

import numpy as np
import pytest

import flowengine
from flowengine import _arrays


def test_log_prob_of_grey_levels_is_that_of_their_dequantized_values(glow, levels):
    log_prob = glow.log_prob(levels, seed=5)
    assert log_prob.dtype == np.float64 and log_prob.shape == (40,)
    assert np.array_equal(log_prob[7:9], glow.log_prob(levels[7:9], seed=5, first_index=7))
    assert not np.array_equal(log_prob, glow.log_prob(levels, seed=6))
    assert np.array_equal(glow.score_samples(levels), glow.log_prob(levels))
    assert glow.score(levels) == glow.log_prob(levels).mean()


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 39, 40, 64])
def test_a_result_does_not_depend_on_the_batch(glow, scaled, batch):
    assert np.array_equal(glow.log_prob(scaled), glow.log_prob(scaled, batch=batch))
    alone = np.concatenate([glow.log_prob(image[None]) for image in scaled[:5]])
    assert np.array_equal(alone, glow.log_prob(scaled)[:5])


def test_a_batch_is_prepared_for(glow, scaled):
    expected = glow.log_prob(scaled[:5])
    glow.prepare(5)
    assert np.array_equal(glow.log_prob(scaled[:5]), expected)
    with pytest.raises(flowengine.InvalidArgumentError, match="batch is 0, expected 1 to 65536"):
        glow.prepare(0)


def test_bits_per_dim_is_the_code_length(glow, scaled):
    expected = (glow.dims * np.log(16) - glow.log_prob(scaled)) / (glow.dims * np.log(2))
    assert np.allclose(glow.bits_per_dim(scaled), expected, rtol=1e-12, atol=0)


def test_inverse_undoes_forward_in_both_forms(glow, scaled):
    latents = glow.forward(scaled)
    by_level = glow.forward(scaled, as_levels=True)
    assert [level.shape[1:] for level in by_level] == glow.latent_shapes
    assert np.array_equal(latents, np.concatenate([level.reshape(40, -1) for level in by_level], axis=1))
    assert np.abs(glow.inverse(latents) - scaled).max() < 1e-4
    assert np.array_equal(glow.inverse(latents), glow.inverse(by_level))
    assert np.allclose(glow.round_trip_error(scaled), np.abs(glow.inverse(latents) - scaled).max(axis=(1, 2, 3)))


def test_samples_repeat_and_lie_in_their_range(glow):
    images = glow.sample(70, temperature=0.5, seed=4)
    assert images.shape == (70, 8, 8, 3) and images.dtype == np.float32
    assert np.array_equal(images[:3], glow.sample(3, temperature=0.5, seed=4))
    drawn = glow.sample(70, temperature=0.5, seed=4, dtype=np.uint8)
    assert drawn.dtype == np.uint8 and drawn.max() < 16
    assert np.array_equal(drawn, np.clip(np.floor((images + 0.5) * 16), 0, 15))
    assert glow.log_prob(glow.sample(70, temperature=0.3)).mean() > glow.log_prob(glow.sample(70)).mean()


def test_channels_first_is_the_same_model(glow, scaled, levels):
    first = flowengine.load(glow.to_bytes(), layout="channels_first")
    assert first.input_shape == (3, 8, 8)
    assert np.array_equal(first.log_prob(np.moveaxis(scaled, 3, 1)), glow.log_prob(scaled))
    assert np.array_equal(np.moveaxis(first.sample(3), 1, 3), glow.sample(3))
    again = first.inverse(first.forward(np.moveaxis(scaled, 3, 1)))
    assert again.shape == (40, 3, 8, 8) and np.abs(np.moveaxis(again, 1, 3) - scaled).max() < 1e-4
    trained = flowengine.Glow(levels=1, steps=1, hidden=4, bins=16, layout="channels_first")
    trained.fit(np.moveaxis(levels, 3, 1), epochs=1)
    assert trained.input_shape == (3, 8, 8)


def test_arrays_that_fit_are_not_copied(scaled, levels):
    for array in (scaled, levels, np.moveaxis(np.moveaxis(scaled, 3, 1), 1, 3)):
        assert _arrays.images(array, (8, 8, 3), "channels_last").pointer == array.ctypes.data
    assert _arrays.images(scaled[::2], (8, 8, 3), "channels_last").pointer != scaled.ctypes.data


def test_other_arrays_are_converted(glow, scaled):
    expected = glow.log_prob(scaled)
    assert np.array_equal(glow.log_prob(scaled.astype(np.float64)), expected)
    assert np.array_equal(glow.log_prob(scaled.reshape(40, -1)), expected)
    assert np.array_equal(glow.log_prob(np.asfortranarray(scaled)), expected)
    assert np.array_equal(glow.log_prob(scaled[::-1])[::-1], expected)
    assert np.array_equal(glow.log_prob(list(scaled)), expected)


def test_dlpack_is_taken_in_place(glow, scaled):
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(scaled)
    assert _arrays.images(tensor, (8, 8, 3), "channels_last").pointer == tensor.data_ptr()
    assert np.array_equal(glow.log_prob(tensor), glow.log_prob(scaled))
    assert np.array_equal(glow.log_prob(tensor.requires_grad_()), glow.log_prob(scaled))

    class OnlyDlpack:
        def __dlpack__(self, stream=None):
            return tensor.detach().__dlpack__()

        def __dlpack_device__(self):
            return tensor.__dlpack_device__()

    assert np.array_equal(glow.log_prob(OnlyDlpack()), glow.log_prob(scaled))


class OnCuda:
    def __init__(self, shape, typestr="<f4"):
        self.__cuda_array_interface__ = {
            "shape": shape, "typestr": typestr, "data": (0x7F0000000000, False), "version": 3, "stream": 2}


def test_arrays_on_a_gpu_are_refused_and_not_touched(glow):
    array = OnCuda((2, 8, 8, 3))
    calls = [
        lambda: glow.log_prob(array), lambda: glow.bits_per_dim(array), lambda: glow.forward(array),
        lambda: glow.forward(array, as_levels=True), lambda: glow.inverse(OnCuda((2, 192))),
        lambda: glow.inverse([OnCuda((2, 4, 4, 6)), OnCuda((2, 2, 2, 24))]), lambda: glow.round_trip_error(array),
        lambda: glow.sample(2, out=array)]
    for call in calls:
        with pytest.raises(flowengine.InvalidArgumentError, match="in CUDA memory, and the model runs on cpu"):
            call()
    for call in (lambda: flowengine.Glow().fit(array), lambda: flowengine.Glow().initialize(array)):
        with pytest.raises(flowengine.InvalidArgumentError, match="this takes arrays in host memory"):
            call()


def test_results_are_written_where_they_are_wanted(glow, scaled, levels):
    out = np.empty(40)
    assert glow.log_prob(scaled, out=out) is out and np.array_equal(out, glow.log_prob(scaled))
    assert glow.bits_per_dim(levels, seed=2, out=out) is out and np.array_equal(out, glow.bits_per_dim(levels, seed=2))
    latents = np.empty((40, 192), np.float32)
    assert glow.forward(scaled, out=latents) is latents and np.array_equal(latents, glow.forward(scaled))
    parts = [np.empty((40, *shape), np.float32) for shape in glow.latent_shapes]
    assert all(a is b for a, b in zip(glow.forward(scaled, as_levels=True, out=parts), parts))
    images = np.empty((40, 8, 8, 3), np.float32)
    assert glow.inverse(latents, out=images) is images and np.array_equal(images, glow.inverse(latents))
    assert glow.inverse(parts, out=images) is images
    assert glow.sample(40, seed=3, out=images) is images and np.array_equal(images, glow.sample(40, seed=3))
    assert glow.round_trip_error(scaled, out=out) is out
    wrong = [np.empty(39), np.empty(40, np.float32), np.empty(80)[::2], [0.0] * 40]
    frozen = np.empty(40)
    frozen.flags.writeable = False
    for bad in (*wrong, frozen, OnCuda((40,), "<f8")):
        with pytest.raises(ValueError, match="^out is"):
            glow.log_prob(scaled, out=bad)
    with pytest.raises(ValueError, match="stream is for arrays in CUDA memory"):
        glow.log_prob(scaled, stream=2)


def test_save_and_load_keep_every_bit(glow, scaled, tmp_path):
    glow.save(tmp_path / "checkpoint.safetensors")
    for other in (flowengine.load(tmp_path / "checkpoint.safetensors"), flowengine.load(glow.to_bytes()),
                  pickle.loads(pickle.dumps(glow))):
        assert np.array_equal(other.log_prob(scaled), glow.log_prob(scaled))
        assert other.is_fitted and (other.levels, other.steps, other.hidden, other.bins) == (2, 2, 16, 16)
    assert pickle.loads(pickle.dumps(flowengine.Glow(steps=5))).get_params()["steps"] == 5


def test_parameters_are_those_of_the_checkpoint(glow):
    parameters = glow.parameters()
    assert parameters["levels.0.steps.1.coupling.conv1.weight"].shape == (16, 6, 3, 3)
    assert sorted(parameters["levels.1.steps.0.invconv.permutation"]) == list(range(24))
    assert sum(p.size for n, p in parameters.items() if not n.endswith((".sign", ".permutation"))) == glow.n_parameters


def test_fit_learns_and_tells(levels):
    seen = []
    model = flowengine.Glow(levels=1, steps=2, hidden=8, bins=16)
    assert not model.is_fitted
    assert model.fit(levels, epochs=5, batch_size=20, learning_rate=0.01, warmup_images=0, progress=seen.append) is model
    assert model.is_fitted and len(seen) == 10 == len(model.history_)
    assert [p.update for p in seen] == list(range(1, 11)) and seen[-1].epoch == 4 and seen[-1].images == 200
    assert np.mean(model.history_[-2:]) < np.mean(model.history_[:2])
    before = model.bits_per_dim(levels).mean()
    model.fit(levels, epochs=10, batch_size=20, learning_rate=0.01, warmup_images=0, ema_decay=0.5)
    assert model.bits_per_dim(levels).mean() < before


def test_fit_on_scaled_floats_learns_too(scaled):
    model = flowengine.Glow(levels=1, steps=2, hidden=8, bins=16)
    model.fit(scaled, epochs=10, batch_size=20, learning_rate=0.01, warmup_images=0)
    assert len(model.history_) == 20 and np.mean(model.history_[-2:]) < np.mean(model.history_[:2])


@pytest.mark.parametrize("kind", ["levels", "scaled"])
def test_progress_can_stop_and_fail(kind, request):
    images = request.getfixturevalue(kind)
    model = flowengine.Glow(levels=1, steps=1, hidden=4, bins=16)
    model.fit(images, epochs=5, batch_size=10, progress=lambda p: p.update == 3)
    assert len(model.history_) == 3 and model.is_fitted

    def interrupt(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(images, epochs=5, batch_size=10, progress=interrupt)


def test_estimator_protocol():
    model = flowengine.Glow(steps=3, bins=32)
    assert model.get_params()["steps"] == 3 and model.set_params(steps=4).get_params()["steps"] == 4
    assert "steps=4" in repr(model)
    with pytest.raises(ValueError, match="there is no parameter depth"):
        model.set_params(depth=4)
    sklearn = pytest.importorskip("sklearn.base")
    assert sklearn.clone(model).get_params() == model.get_params()


@pytest.mark.parametrize("act, kind", [
    (lambda g, x: flowengine.load("/no/such/file"), OSError),
    (lambda g, x: flowengine.load(b"not a checkpoint"), flowengine.BadFormatError),
    (lambda g, x: flowengine.Glow(device="cuda:99").build((8, 8, 3)), flowengine.NoDeviceError),
    (lambda g, x: flowengine.Glow(device="cpu:99999999999").build((8, 8, 3)), ValueError),
    (lambda g, x: flowengine.Glow(precision="fp16").build((8, 8, 3)), ValueError),
    (lambda g, x: flowengine.Glow(precision="tf32").build((8, 8, 3)), flowengine.UnsupportedError),
    (lambda g, x: flowengine.Glow(device="tpu").build((8, 8, 3)), ValueError),
    (lambda g, x: flowengine.Glow(levels=2).build((9, 8, 3)), ValueError),
    (lambda g, x: flowengine.Glow(hidden=32768, steps=4096, levels=1).build((8, 8, 3)), MemoryError),
    (lambda g, x: flowengine.Glow(layout="NCHW"), ValueError),
    (lambda g, x: flowengine.Glow(coupling="linear").build((8, 8, 3)), ValueError),
    (lambda g, x: flowengine.Glow().log_prob(x), ValueError),
    (lambda g, x: flowengine.Glow().build((8, 8, 3)).log_prob(x), ValueError),
    (lambda g, x: g.log_prob(x[:, :4]), ValueError),
    (lambda g, x: g.log_prob(x.astype(np.int64)), TypeError),
    (lambda g, x: g.log_prob(np.full((1, 8, 8, 3), 16, np.uint8)), ValueError),
    (lambda g, x: g.log_prob(x, batch=-1), ValueError),
    (lambda g, x: g.inverse(np.zeros((2, 5))), ValueError),
    (lambda g, x: g.inverse([]), ValueError),
    (lambda g, x: g.sample(-1), ValueError),
    (lambda g, x: g.sample(1, temperature=float("nan")), ValueError),
    (lambda g, x: g.sample(1, dtype=np.int32), TypeError),
    (lambda g, x: flowengine.Glow().fit(x[:0]), ValueError),
    (lambda g, x: flowengine.Glow().fit(x, epochs=0), ValueError),
    (lambda g, x: flowengine.Glow().fit(x, optimizer="sgd"), ValueError),
    (lambda g, x: flowengine.Glow().fit(x, flip=True), ValueError),
    (lambda g, x: flowengine.Glow().fit(x, learning_rate=-1), ValueError),
])
def test_errors_are_of_the_right_kind(glow, scaled, act, kind):
    with pytest.raises(kind) as caught:
        act(glow, scaled)
    assert "\n" not in str(caught.value) and len(str(caught.value)) > 10


def test_devices_and_versions():
    devices = flowengine.devices()
    assert devices[0].name == "cpu" and devices[-1].name == "emulator"
    for device in devices:
        assert device.cores >= 1 and device.title and 0 < device.free_bytes() <= device.memory_bytes
    assert flowengine.__version__.count(".") == 2 and flowengine.instruction_set()


def test_a_gpu_scores_samples_and_trains_as_the_cpu_does(glow, scaled, levels):
    names = [device.name for device in flowengine.devices() if device.name.startswith(("cuda", "opencl"))]
    if not names:
        pytest.skip("no GPU and no OpenCL driver is here")
    for name in names:
        on_gpu = flowengine.load(glow.to_bytes(), device=name)
        assert np.allclose(on_gpu.log_prob(scaled), glow.log_prob(scaled), rtol=1e-4)
        assert np.allclose(on_gpu.log_prob(levels, seed=4), glow.log_prob(levels, seed=4), rtol=1e-4)
        assert np.allclose(on_gpu.sample(4, temperature=0.7, seed=1), glow.sample(4, temperature=0.7, seed=1), atol=1e-3)
        assert np.abs(on_gpu.inverse(on_gpu.forward(scaled)) - scaled).max() < 1e-4
        trained = [
            flowengine.Glow(levels=1, steps=1, hidden=4, bins=16, seed=3, device=device).fit(
                levels, epochs=2, batch_size=20, warmup_images=0).history_
            for device in (name, "cpu")]
        assert np.allclose(trained[0], trained[1], rtol=1e-3)


def test_eight_threads_give_the_answers_of_one(glow, scaled):
    expected = glow.log_prob(scaled)
    wrong = []

    def score(index):
        for repeat in range(20):
            part = slice(index, index + 1 + (index + repeat) % 9)
            if not np.array_equal(glow.log_prob(scaled[part]), expected[part]):
                wrong.append((index, repeat))

    threads = [threading.Thread(target=score, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_calls_and_models_leave_no_memory_behind(glow, scaled):
    def resident() -> int:
        gc.collect()
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    content = glow.to_bytes()

    def use() -> None:
        model = flowengine.load(content)
        model.log_prob(scaled)
        model.fit(scaled, epochs=1, batch_size=20)

    # The garbage collector first fills what it takes for its share.
    for _ in range(200):
        use()
    before = resident()
    for _ in range(200):
        use()
    assert resident() - before < 20_000_000


def test_compressed_images_come_back(glow, levels):
    data = glow.compress(levels, block=8)
    assert isinstance(data, bytes) and len(data) < levels.nbytes * 0.75
    assert np.array_equal(glow.decompress(data), levels)
    assert np.array_equal(glow.decompress(data, first=13, count=9), levels[13:22])
    assert glow.decompress(data, first=40).shape == (0, 8, 8, 3)
    first = flowengine.load(glow.to_bytes(), layout="channels_first", threads=1)
    assert first.compress(np.moveaxis(levels, 3, 1), block=8) == data
    assert np.array_equal(first.decompress(data), np.moveaxis(levels, 3, 1))


def test_what_cannot_be_compressed_or_read_says_so(glow, levels, scaled):
    data = glow.compress(levels)
    with pytest.raises(TypeError, match="grey levels"):
        glow.compress(scaled)
    with pytest.raises(flowengine.InvalidArgumentError, match="expected 0 to 15"):
        glow.compress(levels + np.uint8(16))
    with pytest.raises(flowengine.InvalidArgumentError, match="block"):
        glow.compress(levels, block=-1)
    with pytest.raises(flowengine.InvalidArgumentError, match="40"):
        glow.decompress(data, first=39, count=2)
    other = flowengine.Glow(levels=2, steps=2, hidden=16, bins=16, seed=4).initialize(scaled)
    with pytest.raises(flowengine.InvalidArgumentError, match="another model"):
        other.decompress(data)
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 1
    with pytest.raises(flowengine.BadFormatError, match="damaged"):
        glow.decompress(bytes(damaged))
    with pytest.raises(flowengine.BadFormatError):
        glow.decompress(data[:-1])
    with pytest.raises(flowengine.BadFormatError):
        glow.decompress(b"")


@pytest.mark.parametrize("scale, says", [(lambda x: x * 1.0, "from 0 to 15"), (lambda x: x / 15, "from 0 to 1"),
                                         (lambda x: x / 7.5 - 1, "from -1 to 1"), (lambda x: x * np.nan, "from nan")])
def test_float_images_of_another_range_are_refused(glow, levels, scale, says):
    images = scale(levels.astype(np.float64))
    for call in (flowengine.Glow(levels=1, steps=1, hidden=4).fit, flowengine.Glow(levels=1, steps=1, hidden=4).initialize):
        with pytest.raises(ValueError, match=says):
            call(images)
    if images.min() >= 0:
        for call in (glow.log_prob, glow.bits_per_dim, glow.forward):
            with pytest.raises(ValueError, match=says):
                call(images)


def test_the_built_in_model_draws_at_once():
    digits = flowengine.load("digits")
    drawn = digits.sample(4, temperature=0.7, seed=1, dtype=np.uint8)
    assert drawn.shape == (4, 8, 8, 1) and drawn.max() > 8
