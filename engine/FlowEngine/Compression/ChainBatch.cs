using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Compression;

/// <summary>Blocks that go through the layers in step, so that the networks run on all of them at once.</summary>
/// <remarks>The blocks know nothing of each other: which others are in the batch changes no bit of any.</remarks>
internal sealed class ChainBatch
{
    private readonly ParallelOptions _parallel;
    private readonly Chain[] _active;

    /// <summary>A batch.</summary>
    /// <param name="backend">Where the networks run.</param>
    /// <param name="chains">The blocks; those that have a fault sit out.</param>
    internal ChainBatch(CpuBackend backend, IEnumerable<Chain> chains)
    {
        _active = [.. chains.Where(chain => chain.Fault is null)];
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = backend.Threads };
    }

    internal int Count => _active.Length;

    /// <summary>Does something to every block, on all threads. A block it fails for keeps the fault, and sits out.</summary>
    /// <param name="action">Takes a block and its position in the batch.</param>
    internal void ForEach(Action<Chain, int> action) =>
        Parallel.For(0, _active.Length, _parallel, i =>
        {
            Chain chain = _active[i];
            if (chain.Fault is not null)
            {
                return;
            }

            try
            {
                action(chain, i);
            }
            catch (CodingException exception)
            {
                chain.Fault = exception.Message;
            }
        });
}
