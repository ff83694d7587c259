using BenchmarkDotNet.Attributes;

using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Benchmarks;

/// <summary>
/// Passes that memory bounds, beside a copy that reads half as many bytes as the pass must move and writes the other
/// half, by as many threads.
/// </summary>
public abstract class BandwidthBenchmarks : OperationBenchmarks
{
    private WorkerTeam? _team;
    private Arrays? _copies;
    private CopyJob _job;

    public override void Setup()
    {
        base.Setup();
        _team = new WorkerTeam(Cpu.Threads);
        _copies = new Arrays(Cpu);
        long elements = (long)CountWork(nameof(Copy)).Bytes / (2 * sizeof(float));
        _job = new CopyJob(_copies.Random(elements), _copies.Zeros(elements), Cpu.Threads);
        Copy();
        float[] source = new float[elements];
        float[] copy = new float[elements];
        Cpu.Read(_job.Source, source);
        Cpu.Read(_job.Destination, copy);
        if (!source.AsSpan().SequenceEqual(copy))
        {
            throw new InvalidOperationException($"{GetType().Name}, {Case}: the copy is not what was copied");
        }
    }

    public override void Cleanup()
    {
        _copies?.Dispose();
        _team?.Dispose();
        base.Cleanup();
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _team!.Run(Cpu.Threads, _job);

    private protected override Work CountWork(string method)
    {
        Work work = base.CountWork(method);
        return method == nameof(Copy) ? work with { Operations = 0 } : work;
    }
}
