using BenchmarkDotNet.Attributes;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Benchmarks;

/// <summary>One update of a whole model.</summary>
public class TrainingBenchmarks : ICountedWork
{
    private const int Warmup = 3;
    private const int BatchesOfData = 4;
    private const int ImagesOfCheck = 2;
    private const double Tolerance = 1e-3;

    private CpuBackend? _backend;
    private Model? _model;
    private Trainer? _trainer;

    [ParamsSource(nameof(Cases))]
    public ModelCase Case { get; set; } = null!;

    public static IEnumerable<ModelCase> Cases => ModelCase.All;

    [Params(MemoryMode.Store, MemoryMode.Invert)]
    public MemoryMode Memory { get; set; }

    // The backward pass is two forward passes' worth; inverting the flow is a fourth.
    Work ICountedWork.CountWork(string method) =>
        new(Case.ForwardFlops * Case.Batch * (Memory == MemoryMode.Store ? 3 : 4), 0);

    [GlobalSetup]
    public void Setup()
    {
        _backend = new CpuBackend();
        if (Case.IsSmall)
        {
            Check(_backend);
        }

        _model = Model.Create(Case.Config, _backend, seed: 1);
        _trainer = CreateTrainer(_model, Case.Batch);
        LastOfWarmup(_trainer);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _trainer?.Dispose();
        _model?.Dispose();
        _backend?.Dispose();
    }

    [Benchmark]
    public StepResult Step() => _trainer!.Step();

    // Loss and gradient norm after some updates hang on every operation and its gradient.
    private void Check(CpuBackend backend)
    {
        using ReferenceBackend<double> reference = new();
        StepResult expected = LastOfWarmupOn(reference);
        StepResult actual = LastOfWarmupOn(backend);
        if (!(Difference(expected.BitsPerDim, actual.BitsPerDim) <= Tolerance
            && Difference(expected.GradientNorm, actual.GradientNorm) <= Tolerance))
        {
            throw new InvalidOperationException(
                $"{Case}: {actual.BitsPerDim} bits per dimension and a gradient of {actual.GradientNorm}, expected "
                + $"{expected.BitsPerDim} and {expected.GradientNorm}");
        }

        static double Difference(double right, double computed) => Math.Abs(computed / right - 1);
    }

    private StepResult LastOfWarmupOn(IBackend backend)
    {
        using Model model = Model.Create(Case.Config, backend, seed: 1);
        using Trainer trainer = CreateTrainer(model, ImagesOfCheck);
        return LastOfWarmup(trainer);
    }

    private Trainer CreateTrainer(Model model, int batch) => new(
        model, Case.Images(batch * BatchesOfData), new TrainerOptions { Batch = batch, Memory = Memory, Seed = 1 });

    private StepResult LastOfWarmup(Trainer trainer)
    {
        trainer.Initialize();
        StepResult result = default;
        for (int i = 0; i < Warmup; i++)
        {
            result = trainer.Step();
        }

        return result.WasSkipped
            ? throw new InvalidOperationException($"{Case}: an update was skipped because of {trainer.SkippedBecause}")
            : result;
    }
}
