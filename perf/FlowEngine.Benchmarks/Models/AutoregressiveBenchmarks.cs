using BenchmarkDotNet.Attributes;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Layers;
using FlowEngine.Models;

namespace FlowEngine.Benchmarks;

/// <summary>Both directions of one block of MAF: one pass of its network, and dimension after dimension.</summary>
public class AutoregressiveBenchmarks : ICountedWork
{
    private CpuBackend? _backend;
    private Model? _model;
    private float[] _rows = [];
    private float[][] _latents = [];

    /// <summary>D, with two hidden layers of 512.</summary>
    [Params(64, 784)]
    public int Dims { get; set; }

    /// <summary>Rows at once.</summary>
    [Params(1, 64, 256)]
    public int Batch { get; set; }

    private AutoregressiveOptions Options => new()
    {
        Direction = AutoregressiveDirection.Density,
        Channels = Dims,
        Blocks = 1,
        Hidden = 512,
        HiddenLayers = 2,
    };

    /// <summary>The multiply-adds inside the mask, the same for both directions.</summary>
    Work ICountedWork.CountWork(string method)
    {
        DenseNetworkShape network = new(Dims, Options.Hidden, Options.HiddenLayers, 2 * Dims, IsAutoregressive: true);
        return new Work(2.0 * network.Multiplications * Batch, 0);
    }

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        _backend = new CpuBackend();
        _model = Model.Create(new ModelConfig(Options, false, DataSchema.AsIs("noise", Options)), _backend, seed: 1);
        _model.BatchSize = Batch;
        float[] weights = new float[_model.Flow.Parameters.Length];
        _model.ReadParameters(weights);
        _model.WriteParameters([.. weights.Select(weight => weight + (0.01f * (random.NextSingle() - 0.5f)))]);
        _rows = [.. Enumerable.Range(0, Batch * Dims).Select(_ => (2 * random.NextSingle()) - 1)];
        _latents = _model.Forward(_rows);
        double error = _model.Inverse(_latents).Zip(_rows, (back, x) => (double)Math.Abs(back - x)).Max();
        if (!(error <= 1e-3))
        {
            throw new InvalidOperationException($"rows that come back {error} off");
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _model?.Dispose();
        _backend?.Dispose();
    }

    [Benchmark(Baseline = true)]
    public double[] OnePass() => _model!.LogProb(_rows);

    [Benchmark]
    public float[] DimensionAfterDimension() => _model!.Inverse(_latents);
}
