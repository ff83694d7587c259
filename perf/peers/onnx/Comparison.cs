using System.Diagnostics;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Onnx;
using FlowEngine.Training;

using Microsoft.ML.OnnxRuntime;

namespace FlowEngine.OnnxPeer;

/// <summary>Log-probabilities of one Glow by the engine and by ONNX Runtime, on the same number of threads.</summary>
internal sealed class Comparison : IDisposable
{
    /// <summary>How far results may be apart, in shares of the result.</summary>
    public const double Tolerance = 1e-4;

    private const int Bins = 256;
    private const int Updates = 3;

    // Threads of the one that has just run look for more work for a while: they must be asleep when the other is timed.
    private const int MillisecondsToRest = 20;
    private const double SecondsOfTurn = 0.05;
    private const int FewestTurns = 5;

    private readonly CpuBackend _backend;
    private readonly Model _model;
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly float[] _images;
    private readonly OrtValue _input;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;

    public Comparison(int steps, int levels, int hidden, int size, int channels, int batch, int threads)
    {
        GlowOptions sizes = new()
        {
            Steps = steps,
            Levels = levels,
            Hidden = hidden,
            Height = size,
            Width = size,
            Channels = channels,
            Bins = Bins,
        };
        _backend = new CpuBackend(threads);
        _model = Model.Create(ModelConfig.New(sizes), _backend, seed: 1);
        _model.BatchSize = batch;
        Train(sizes, batch);
        Random random = new(2);
        _images = [.. Enumerable.Range(0, batch * _model.Flow.Dims).Select(_ => random.NextSingle() - 0.5f)];

        using MemoryStream file = new();
        OnnxSignature signature = OnnxExport.Write(_model, OnnxFunction.LogProb, file);
        using SessionOptions options = new()
        {
            IntraOpNumThreads = threads,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        _session = new InferenceSession(file.ToArray(), options);
        _inputNames = [.. signature.Inputs.Select(tensor => tensor.Name)];
        _outputNames = [.. signature.Outputs.Select(tensor => tensor.Name)];
        _input = OrtValue.CreateTensorValueFromMemory(_images, [batch, .. signature.Inputs[0].Sizes]);
    }

    /// <summary>The version of ONNX Runtime.</summary>
    public static string RuntimeVersion => OrtEnv.Instance().GetVersionString();

    /// <summary>How far the results are apart, in shares of the engine's.</summary>
    public double LargestDifference()
    {
        double[] expected = _model.LogProb(_images);
        using IDisposableReadOnlyCollection<OrtValue> results = RunSession();
        ReadOnlySpan<float> actual = results[0].GetTensorDataAsSpan<float>();
        double largest = actual.Length == expected.Length ? 0 : double.NaN;
        for (int i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(actual[i] - expected[i]) / Math.Abs(expected[i]));
        }

        return largest;
    }

    /// <summary>Seconds of a call of each: medians of turns one after the other.</summary>
    public (double Engine, double Runtime) Measure(double seconds)
    {
        List<double> engine = [];
        List<double> runtime = [];
        Turn(() => _model.LogProb(_images));
        Turn(() => RunSession().Dispose());
        long start = Stopwatch.GetTimestamp();
        while (engine.Count < FewestTurns || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            engine.Add(Turn(() => _model.LogProb(_images)));
            runtime.Add(Turn(() => RunSession().Dispose()));
        }

        return (Median(engine), Median(runtime));
    }

    public void Dispose()
    {
        _input.Dispose();
        _run.Dispose();
        _session.Dispose();
        _model.Dispose();
        _backend.Dispose();
    }

    private static double Turn(Action action)
    {
        Thread.Sleep(MillisecondsToRest);
        action();
        long start = Stopwatch.GetTimestamp();
        int calls = 0;
        do
        {
            action();
            calls++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < SecondsOfTurn);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private IDisposableReadOnlyCollection<OrtValue> RunSession() =>
        _session.Run(_run, _inputNames, [_input], _outputNames);

    /// <summary>Some updates on noise: the last convolutions of the networks are zero no more.</summary>
    private void Train(GlowOptions sizes, int batch)
    {
        Random random = new(1);
        byte[][] images = new byte[2 * batch][];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = new byte[_model.Flow.Dims];
            random.NextBytes(images[i]);
        }

        ImageDataset data = new("noise", sizes.Height, sizes.Width, sizes.Channels, Bins, images);
        using Trainer trainer = new(_model, data, new TrainerOptions { Batch = batch });
        trainer.Initialize();
        for (int i = 0; i < Updates; i++)
        {
            trainer.Step();
        }
    }
}
