using BenchmarkDotNet.Attributes;

using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Benchmarks;

/// <summary>Densities and samples of a whole model that has seen some updates.</summary>
public class InferenceBenchmarks : ICountedWork
{
    private const int Updates = 3;
    private const double Temperature = 0.7;

    private CpuBackend? _backend;
    private Model? _model;
    private float[] _images = [];
    private float[] _one = [];

    [ParamsSource(nameof(Cases))]
    public ModelCase Case { get; set; } = null!;

    public static IEnumerable<ModelCase> Cases => ModelCase.All;

    Work ICountedWork.CountWork(string method) =>
        new(Case.ForwardFlops * (method == nameof(LogProbOfOne) ? 1 : Case.Batch), 0);

    [GlobalSetup]
    public void Setup()
    {
        _backend = new CpuBackend();
        _model = Model.Create(Case.Config, _backend, seed: 1);
        _model.BatchSize = Case.Batch;
        TrainerOptions options = new() { Batch = Case.Batch, Seed = 1 };
        using (Trainer trainer = new(_model, Case.Images(Case.Batch), options))
        {
            trainer.Initialize();
            for (int i = 0; i < Updates; i++)
            {
                trainer.Step();
            }
        }

        Random random = new(1);
        _images = [.. Enumerable.Range(0, Case.Batch * _model.Flow.Dims).Select(_ => random.NextSingle() - 0.5f)];
        _one = _images[.._model.Flow.Dims];
        Check(_model);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _model?.Dispose();
        _backend?.Dispose();
    }

    [Benchmark]
    public double[] LogProb() => _model!.LogProb(_images);

    /// <summary>The latency of one image.</summary>
    [Benchmark]
    public double[] LogProbOfOne() => _model!.LogProb(_one);

    [Benchmark]
    public float[] Sample() => _model!.Sample(Case.Batch, Temperature, seed: 1);

    private void Check(Model model)
    {
        double logProb = model.LogProb(_one)[0];
        Require(double.IsFinite(logProb), $"a log-probability of {logProb}");
        Require(model.LogProb(_images)[0] == logProb, "another log-probability in a batch than alone");
        double error = model.Inverse(model.Forward(_one)).Zip(_one, (back, x) => (double)Math.Abs(back - x)).Max();
        Require(error <= 1e-3, $"an image that comes back {error} off");
        Require(model.Sample(1, Temperature, seed: 1).All(float.IsFinite), "a sample that is not finite");
        if (Case.IsSmall)
        {
            double expected = OfReference(model);
            Require(
                Math.Abs(logProb - expected) <= 1e-4 * Math.Abs(expected),
                $"a log-probability of {logProb}, expected {expected}");
        }
    }

    private double OfReference(Model model)
    {
        string path = Path.GetTempFileName();
        try
        {
            model.Save(path);
            using ReferenceBackend<double> reference = new();
            using Model same = Model.Load(path, reference);
            return same.LogProb(_one)[0];
        }
        finally
        {
            File.Delete(path);
        }
    }

    private void Require(bool holds, string found)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"{Case}: {found}");
        }
    }
}
