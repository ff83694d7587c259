using System.Globalization;
using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Gpu;

/// <summary>The driver's calls of training steps and densities, counted by the stand-in.</summary>
[Collection(FakeCudaGroup.Name)]
public sealed class FakeCudaTrainingTests
{
    private static readonly string[] _thatAllocateOrWait =
    [
        "cuMemAlloc_v2", "cuMemHostAlloc", "cuMemFree_v2", "cuStreamSynchronize", "cuModuleLoadDataEx", "cuMemGetInfo_v2",
    ];

    [Fact]
    public void From_the_second_step_on_a_step_is_one_graph()
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        using (Model model = TinyGlow.Perturbed(backend, TinyGlow.Options()))
        using (Trainer trainer = new(model, TinyGlow.Digits, new TrainerOptions { Batch = 8, ReadEvery = 4 }))
        {
            trainer.Step();
            int before = FakeCuda.Launches;
            int[] calls = Counts();
            trainer.Step();
            int kernelsOfStep = FakeCuda.Launches - before;
            Assert.Equal(1, FakeCuda.Calls("cuStreamBeginCapture_v2"));
            Assert.Equal(1, FakeCuda.Calls("cuGraphLaunch"));
            Assert.True(kernelsOfStep > 100, $"{kernelsOfStep} kernels");

            // No more than the reading waits.
            Assert.Equal([0, 0, 0, 1, 0, 0], Counts().Zip(calls, (after, earlier) => after - earlier));

            int launched = FakeCuda.Calls("cuLaunchKernel");
            before = FakeCuda.Launches;
            calls = Counts();
            trainer.Steps(4);
            Assert.Equal(5, FakeCuda.Calls("cuGraphLaunch"));
            Assert.Equal(launched, FakeCuda.Calls("cuLaunchKernel"));
            Assert.Equal(4 * kernelsOfStep, FakeCuda.Launches - before);
            Assert.Equal(1, FakeCuda.Calls("cuStreamBeginCapture_v2"));
            Assert.Equal([0, 0, 0, 1, 0, 0], Counts().Zip(calls, (after, earlier) => after - earlier));
        }

        AssertInOrder(backend);
    }

    [Fact]
    public void A_graph_takes_the_rate_from_memory()
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        using (Model model = TinyGlow.Perturbed(backend, TinyGlow.Options()))
        using (Trainer trainer = new(model, TinyGlow.Digits, new TrainerOptions { Batch = 8, WarmupSamples = 80 }))
        {
            foreach (double rate in new[] { 0.01, 0.01, 0.01, 0.5, 0.02 })
            {
                trainer.SetRate(rate);
                double expected = trainer.Step().Rate;
                Assert.Equal(rate * trainer.Samples / 80, expected, 1e-12);
                Assert.Equal((float)expected, (float)TinyGlow.Read(backend, trainer.Rate)[0]);
            }

            Assert.Equal(1, FakeCuda.Calls("cuStreamBeginCapture_v2"));
        }

        AssertInOrder(backend);
    }

    [Fact]
    public void Densities_and_samples_become_graphs_and_the_temperature_is_part_of_one()
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        using (Model model = TinyGlow.Perturbed(backend, TinyGlow.Options()))
        {
            float[] images = TinyGlow.Images(model.Flow, 3);
            for (int i = 0; i < 4; i++)
            {
                model.LogProb(images);
                model.Sample(3, 0.7, 1);
            }

            Assert.Equal(2, FakeCuda.Calls("cuStreamBeginCapture_v2"));
            Assert.Equal(6, FakeCuda.Calls("cuGraphLaunch"));
            int launched = FakeCuda.Calls("cuLaunchKernel");
            model.LogProb(images);
            Assert.Equal(launched, FakeCuda.Calls("cuLaunchKernel"));
            model.Sample(3, 0.5, 1);
            Assert.Equal(7, FakeCuda.Calls("cuGraphLaunch"));
        }

        AssertInOrder(backend);
    }

    [Theory]
    [InlineData(MemoryMode.Store, 1_777)]
    [InlineData(MemoryMode.Invert, 2_161)]
    public void A_step_of_the_reference_models_depth_takes_few_launches(MemoryMode memory, int most)
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        FakeCuda.SkipKernels();
        GlowOptions glow = TinyGlow.Options(height: 32, width: 32, channels: 3, levels: 3, steps: 32, bins: 256);
        using (Model model = TinyGlow.Perturbed(backend, glow))
        using (Trainer trainer = new(model, new TrainerOptions { Batch = 2, Memory = memory }))
        {
            float[] images = TinyGlow.Images(model.Flow, 2);
            trainer.Step(images);
            int before = FakeCuda.Launches;
            trainer.Step(images);
            int launches = FakeCuda.Launches - before;
            TestContext.Current.TestOutputHelper!.WriteLine($"{launches} launches, {memory}");
            Assert.True(launches <= most, $"{launches} launches, {memory}");
        }

        AssertInOrder(backend);
    }

    [Fact]
    public void Out_of_memory_says_which_batch_fits_and_it_does()
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        FakeCuda.SkipKernels();
        GlowOptions glow = TinyGlow.Options(height: 16, width: 16, steps: 4, hidden: 64);
        TrainerOptions options = new() { Batch = 16_384, Memory = MemoryMode.Store };
        using (Model model = TinyGlow.Perturbed(backend, glow))
        {
            FlowException error = Assert.Throws<FlowException>(() => new Trainer(model, options));
            Assert.Equal(FlowErrorKind.OutOfMemory, error.Kind);
            Assert.Matches(
                @"^a plan of 16384 images needs \d+\.\d\d GiB; cuda:0 has .* MiB free of 1\.00 GiB; a batch of \d+ would fit$",
                error.Message);
            int fits = int.Parse(error.Message.Split(' ')[^3], CultureInfo.InvariantCulture);
            Assert.True(fits > 1_000, error.Message);
            using Trainer trainer = new(model, options with { Batch = fits });
            Assert.Throws<FlowException>(() => new Trainer(model, options with { Batch = fits + (fits / 10) }));
        }

        AssertInOrder(backend);
    }

    [Fact]
    public void The_memory_mode_follows_the_devices_memory()
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        FakeCuda.SkipKernels();
        GlowOptions glow = TinyGlow.Options(height: 16, width: 16, steps: 4, hidden: 64);
        using (Model model = TinyGlow.Perturbed(backend, glow))
        {
            using Trainer small = new(model, new TrainerOptions { Batch = 64 });
            using Trainer large = new(model, new TrainerOptions { Batch = 4_096 });
            Assert.Equal((MemoryMode.Store, MemoryMode.Invert), (small.Memory, large.Memory));
        }

        AssertInOrder(backend);
    }

    [Fact]
    public void A_capture_that_fails_leaves_the_stream_usable()
    {
        using GpuBackend backend = FakeCuda.OpenBackend();
        using (Model model = TinyGlow.Perturbed(backend, TinyGlow.Options()))
        {
            float[] images = TinyGlow.Images(model.Flow, 3);
            model.LogProb(images);
            FakeCuda.Fail("cuLaunchKernel", 999, after: 10);
            Assert.Throws<GpuException>(() => model.LogProb(images));
            FakeCuda.Fail("none", 0);
            model.LogProb(images);
            model.LogProb(images);
            Assert.Equal(2, FakeCuda.Calls("cuGraphLaunch"));
        }

        AssertInOrder(backend);
    }

    private static int[] Counts() => [.. _thatAllocateOrWait.Select(FakeCuda.Calls)];

    private static void AssertInOrder(GpuBackend backend)
    {
        backend.Dispose();
        Assert.Equal(string.Empty, FakeCuda.Complaints);
        Assert.Equal(string.Empty, FakeCuda.Leaks);
    }
}
