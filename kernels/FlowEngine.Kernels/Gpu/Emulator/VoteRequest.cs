namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Gives a predicate and takes something of all lanes' predicates.</summary>
/// <typeparam name="T">The result.</typeparam>
public sealed class VoteRequest<T> : WarpRequest
{
    private readonly bool _predicate;
    private readonly Func<uint, T> _count;

    internal VoteRequest(string operation, bool predicate, Func<uint, T> count, string file, int line)
        : base(operation, file, line)
    {
        _predicate = predicate;
        _count = count;
        Result = count(0);
    }

    /// <summary>The result, once the thread goes on.</summary>
    public T Result { get; private set; }

    internal override void Complete(ReadOnlySpan<WarpRequest> lanes)
    {
        uint ballot = 0;
        for (int i = 0; i < lanes.Length; i++)
        {
            ballot |= ((VoteRequest<T>)lanes[i])._predicate ? 1u << i : 0;
        }

        foreach (WarpRequest lane in lanes)
        {
            ((VoteRequest<T>)lane).Result = _count(ballot);
        }
    }
}
