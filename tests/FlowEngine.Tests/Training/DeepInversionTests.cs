using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Training;

/// <summary>What a deep model recomputes does not drift.</summary>
public sealed class DeepInversionTests
{
    private static readonly GlowOptions _deep = TinyGlow.Options() with { Levels = 1, Steps = 200, Hidden = 16 };

    [Fact]
    public void Gradients_of_two_hundred_steps_are_those_of_stored_activations()
    {
        TrainerOptions training = new() { Batch = 32, Memory = MemoryMode.Store, WarmupSamples = 640, Seed = 1 };
        using TemporaryFolder folder = new();
        string state = folder.File("state");
        using CpuBackend backend = new(2);
        using Model stored = Model.Create(TinyGlow.Config(_deep), backend, 1);
        using Trainer store = new(stored, TinyGlow.Digits, training);
        store.Train(40, cancel: TestContext.Current.CancellationToken);
        store.SaveState(state);
        using Model inverted = Model.Create(TinyGlow.Config(_deep), backend, 1);
        using Trainer invert = new(inverted, TinyGlow.Digits, training with { Memory = MemoryMode.Invert });
        invert.Resume(state);

        store.Step();
        invert.Step();

        double[] expected = TinyGlow.Read(backend, store.Gradients);
        double[] actual = TinyGlow.Read(backend, invert.Gradients);
        double difference = Math.Sqrt(expected.Zip(actual, (x, y) => (x - y) * (x - y)).Sum());
        Assert.True(difference <= 4e-5 * Math.Sqrt(expected.Sum(x => x * x)), $"{difference}");
    }
}
