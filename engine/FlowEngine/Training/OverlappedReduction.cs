using System.Diagnostics;

using FlowEngine.Execution;
using FlowEngine.Ranks;

namespace FlowEngine.Training;

/// <summary>
/// Sums the gradient over ranks while the backward pass still runs: from its last layers, whose gradients are final first.
/// </summary>
internal sealed class OverlappedReduction
{
    // As many bytes cross a fast network in the time that it takes to begin.
    private const int LeastPart = 1 << 14;

    // The number of a message has 15 bits.
    private const int MostParts = 1 << 10;
    private const int LongestPart = 1 << 22;

    private readonly PartialSums _sums;
    private readonly Action<Range> _prepare;
    private readonly List<Range> _parts = [];
    private readonly int[] _begunAfter;
    private readonly long _length;
    private long _hidden;
    private long _all;
    private int _moment;

    /// <summary>Plans what is sent when.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="lowered">The architecture.</param>
    /// <param name="values">The gradients, and after them what is final before the backward pass; memory that does not move.</param>
    /// <param name="reduction">The order.</param>
    /// <param name="prepare">Makes of a part that is final what this rank adds to the sum.</param>
    public OverlappedReduction(
        INonblockingCommunicator ranks, LoweredFlow lowered, Span<float> values, Reduction reduction, Action<Range> prepare)
    {
        (_prepare, _length) = (prepare, values.Length);
        long[] starts = FinalGradients.Starts(lowered);
        _begunAfter = new int[starts.Length];
        int least = Math.Max(LeastPart, values.Length / MostParts);
        int end = values.Length;
        for (int moment = 0; moment < starts.Length; moment++)
        {
            int start = (int)starts[moment];
            if (end - start >= least || moment == starts.Length - 1)
            {
                for (; end > start; end = Math.Max(start, end - LongestPart))
                {
                    _parts.Add(Math.Max(start, end - LongestPart)..end);
                }
            }

            _begunAfter[moment] = _parts.Count;
        }

        _sums = new PartialSums(ranks, values, _parts, reduction == Reduction.Exact);
        Passed = Pass;
    }

    /// <summary>To be called at each moment of the backward pass.</summary>
    public Action Passed { get; }

    /// <summary>Time in exchanges: what was spent between layers, and waiting after the last.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>The share of the gradients that was summed when the backward pass ended, of all updates; 0 before the first.</summary>
    public double HiddenShare => _all > 0 ? (double)_hidden / _all : 0;

    /// <summary>Waits for what is left, after the backward pass.</summary>
    /// <exception cref="FlowException">A rank is lost, or the network failed.</exception>
    public void Finish()
    {
        long start = Stopwatch.GetTimestamp();
        _hidden += _sums.Finished;
        _all += _length;
        _sums.Finish();
        _moment = 0;
        Time += Stopwatch.GetElapsedTime(start);
    }

    private void Pass()
    {
        int until = _begunAfter[_moment++];
        for (int i = _sums.Begun; i < until; i++)
        {
            _prepare(_parts[i]);
        }

        long start = Stopwatch.GetTimestamp();
        while (_sums.Begun < until)
        {
            _sums.Begin();
        }

        _sums.Poll();
        Time += Stopwatch.GetElapsedTime(start);
    }
}
