using System.Diagnostics;

using FlowEngine.Execution;
using FlowEngine.Ranks;

namespace FlowEngine.Training;

/// <summary>
/// Sums the gradient over ranks while the backward pass still runs: from its last layers, whose gradients are final first.
/// </summary>
internal sealed class OverlappedReduction : IDisposable
{
    // As many bytes cross a fast network in the time that it takes to begin.
    private const int LeastPart = 1 << 14;

    // The number of a message has 15 bits.
    private const int MostParts = 1 << 10;
    private const int LongestPart = 1 << 22;

    private readonly IPartialSums _sums;
    private readonly Action<Range> _prepare;
    private readonly List<Range> _parts = [];
    private readonly int[] _begunAfter;
    private readonly long _length;
    private long? _hidden = 0;
    private long _all;
    private int _moment;

    /// <summary>Plans what is sent when.</summary>
    /// <param name="lowered">The architecture.</param>
    /// <param name="length">The gradients, and after them what is final before the backward pass.</param>
    /// <param name="sums">Makes the sums of some parts.</param>
    /// <param name="prepare">Makes of a part that is final what this rank adds to the sum.</param>
    public OverlappedReduction(
        LoweredFlow lowered, int length, Func<IReadOnlyList<Range>, IPartialSums> sums, Action<Range> prepare)
    {
        (_prepare, _length) = (prepare, length);
        long[] starts = FinalGradients.Starts(lowered);
        _begunAfter = new int[starts.Length];
        int least = Math.Max(LeastPart, length / MostParts);
        int end = length;
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

        _sums = sums(_parts);
        Passed = Pass;
    }

    /// <summary>To be called at each moment of the backward pass.</summary>
    public Action Passed { get; }

    /// <summary>Time in exchanges: what was spent between layers, and waiting after the last.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>
    /// The share of the gradients that was summed when the backward pass ended, of all updates; null where nobody knows, or before
    /// the first.
    /// </summary>
    public double? HiddenShare => (double?)_hidden / _all;

    /// <summary>Bytes that this rank sent.</summary>
    public long SentBytes => _sums.SentBytes;

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

    /// <inheritdoc/>
    public void Dispose() => _sums.Dispose();

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
