using BenchmarkDotNet.Attributes;

using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Kernels.Reference;

namespace FlowEngine.Benchmarks;

/// <summary>The passes of one operation on the CPU, each checked before it is timed.</summary>
/// <remarks>
/// The check runs one image on the backend and on the reference in double: results do not depend on the batch, so what
/// holds for one image holds for the batch that is timed, whose results are looked at for being finite.
/// </remarks>
public abstract class OperationBenchmarks : ICountedWork
{
    // Of the root of the mean square; float32 rounding alone gives about 1e-7.
    private const double Tolerance = 1e-5;

    private CpuBackend? _backend;
    private Arrays? _arrays;
    private Operation? _operation;

    /// <summary>Pass and shape.</summary>
    [ParamsSource(nameof(Cases))]
    public OperationCase Case { get; set; } = null!;

    /// <summary>Every pass on every shape.</summary>
    public IEnumerable<OperationCase> Cases =>
        Passes.SelectMany(pass => ModelShape.All.Where(shape => Applies(pass, shape)).Select(
            shape => new OperationCase(pass, shape)));

    private protected abstract IReadOnlyList<string> Passes { get; }

    private protected CpuBackend Cpu => _backend!;

    Work ICountedWork.CountWork(string method) => CountWork(method);

    [GlobalSetup]
    public virtual void Setup()
    {
        _backend = new CpuBackend();
        Check(_backend);
        _arrays = new Arrays(_backend);
        _operation = Create(Case.Pass, _arrays, Case.Shape);
        _operation.Run();
        if (!_operation.Results.All(_backend.IsFinite))
        {
            throw new InvalidOperationException($"{GetType().Name}, {Case}: a result is not finite");
        }
    }

    [GlobalCleanup]
    public virtual void Cleanup()
    {
        _arrays?.Dispose();
        _backend?.Dispose();
    }

    [Benchmark]
    public void Run() => _operation!.Run();

    /// <summary>True if a level has such a pass.</summary>
    private protected virtual bool Applies(string pass, ModelShape shape) => true;

    /// <summary>Lays a pass out over new arrays.</summary>
    private protected abstract Operation Create(string pass, Arrays arrays, ModelShape shape);

    /// <summary>The work of a pass.</summary>
    private protected abstract Work Count(string pass, ModelShape shape);

    private protected virtual Work CountWork(string method) => Count(Case.Pass, Case.Shape);

    private void Check(CpuBackend backend)
    {
        using ReferenceBackend<double> reference = new();
        using Arrays expectedArrays = new(reference);
        using Arrays actualArrays = new(backend);
        Operation expected = Create(Case.Pass, expectedArrays, Case.Shape.OfOneImage);
        Operation actual = Create(Case.Pass, actualArrays, Case.Shape.OfOneImage);
        expected.Run();
        actual.Run();
        expected.Reveal?.Invoke();
        actual.Reveal?.Invoke();
        for (int i = 0; i < expected.Results.Count; i++)
        {
            double[] right = Read(reference, expected.Results[i]);
            double[] computed = Read(backend, actual.Results[i]);
            double squares = right.Sum(value => value * value);
            double errorSquares = right.Zip(computed, (r, c) => (r - c) * (r - c)).Sum();
            if (!(squares > 0 && errorSquares <= Tolerance * Tolerance * squares))
            {
                throw new InvalidOperationException(
                    $"{GetType().Name}, {Case}: result {i} is off by {Math.Sqrt(errorSquares / squares)} of its size");
            }
        }
    }

    private static double[] Read(IBackend backend, BufferView view)
    {
        double[] values = new double[view.Length];
        backend.Read(view, values);
        return values;
    }
}
