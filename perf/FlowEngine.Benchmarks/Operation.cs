using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>A pass of an operation over arrays of one backend.</summary>
/// <param name="Run">Runs it once.</param>
/// <param name="Results">What it writes.</param>
internal sealed record Operation(Action Run, params IReadOnlyList<BufferView> Results)
{
    /// <summary>Turns what the pass wrote in its backend's own layout into <see cref="Results"/>; not timed.</summary>
    public Action? Reveal { get; init; }
}
