using FlowEngine.Kernels.Host;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// The operations in float32 on the host's vector units and cores. One file per family of operations.
/// </summary>
/// <remarks>
/// Every multiply-add is fused and every sum has one order, so results are the same bits on every instruction set and
/// for every number of threads.
/// </remarks>
public sealed partial class CpuBackend : HostBackend<float>, IBackend
{
    private readonly WorkerTeam _team;
    private readonly ScratchPool _scratch = new();

    /// <summary>Starts a team of workers.</summary>
    /// <param name="threads">The number of threads, the caller's among them; 0 for one per core.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    public CpuBackend(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _team = new WorkerTeam(threads == 0 ? Environment.ProcessorCount : threads);
    }

    /// <inheritdoc cref="IBackend.Name"/>
    public string Name { get; } = "cpu";

    /// <summary>The number of threads, the caller's among them.</summary>
    public int Threads => _team.Threads;

    /// <summary>Stops the workers.</summary>
    public void Dispose()
    {
        _team.Dispose();
        _scratch.Dispose();
    }
}
