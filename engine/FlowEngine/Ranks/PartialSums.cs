using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlowEngine.Ranks;

/// <summary>Sums in the memory of the host.</summary>
/// <remarks>
/// Each part is summed as <see cref="Collectives.SumAsTree"/> sums it, by the same exchanges, or in the order of
/// <see cref="ICommunicator.AllReduce"/>. Exchanges of many parts are under way at a time; each <see cref="Poll"/> takes those
/// that are done a step further. Allocates nothing once it is made.
/// </remarks>
internal sealed unsafe class PartialSums : IPartialSums
{
    private readonly INonblockingCommunicator _ranks;
    private readonly float* _values;
    private readonly float[] _received;
    private readonly Part[] _parts;
    private readonly int _levels;
    private readonly bool _isTree;
    private readonly int _steps;
    private int _firstUnfinished;
    private long _finished;

    /// <summary>Sums of an array.</summary>
    /// <param name="ranks">The ranks, two or more.</param>
    /// <param name="values">As many on all ranks; memory that does not move and lives as long.</param>
    /// <param name="parts">What is summed at a time, of the same bounds on all ranks.</param>
    /// <param name="isTree">False for the order that is fastest.</param>
    public PartialSums(INonblockingCommunicator ranks, Span<float> values, IReadOnlyList<Range> parts, bool isTree)
    {
        (_ranks, _isTree) = (ranks, isTree);
        _values = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(values));
        _levels = BitOperations.Log2((uint)ranks.Size);
        _steps = isTree ? 2 * _levels : 1;
        _parts = new Part[parts.Count];
        int place = 0;
        for (int i = 0; i < _parts.Length; i++)
        {
            _parts[i] = new Part { Range = parts[i], Place = place };
            place += isTree ? Length(Collectives.Halves(ranks.Rank, 0, parts[i]).Kept) : 0;
        }

        _received = GC.AllocateUninitializedArray<float>(place, pinned: true);
    }

    /// <inheritdoc/>
    public int Begun { get; private set; }

    /// <inheritdoc/>
    public long? Finished => _finished;

    /// <inheritdoc/>
    public long SentBytes => _ranks.SentBytes;

    /// <inheritdoc/>
    public void Begin()
    {
        ref Part part = ref _parts[Begun++];
        part.Step = 0;
        BeginStep(ref part, Begun);
    }

    /// <inheritdoc/>
    public bool Poll()
    {
        bool isAny = false;
        for (int i = _firstUnfinished; i < Begun; i++)
        {
            ref Part part = ref _parts[i];
            while (part.Step < _steps && _ranks.IsDone(ref part.Exchange))
            {
                isAny = true;
                EndStep(ref part, i + 1);
            }
        }

        while (_firstUnfinished < Begun && _parts[_firstUnfinished].Step >= _steps)
        {
            _firstUnfinished++;
        }

        return isAny;
    }

    /// <inheritdoc/>
    public void Finish()
    {
        RankWait wait = default;
        while (_firstUnfinished < Begun)
        {
            if (Poll())
            {
                wait = default;
            }
            else
            {
                _ranks.Pause(ref wait);
            }
        }

        (Begun, _finished, _firstUnfinished) = (0, 0, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // Up the tree halves of halves are summed with ever farther ranks; down, sums come back the other way.
    private void BeginStep(ref Part part, int number)
    {
        if (!_isTree)
        {
            part.Exchange = _ranks.BeginAllReduce(Values(part.Range));
            return;
        }

        bool isUp = part.Step < _levels;
        int level = isUp ? part.Step : _steps - 1 - part.Step;
        (Range kept, Range given) = Halves(part, level);
        part.Exchange = _ranks.Begin(
            _ranks.Rank ^ (1 << level),
            (2 * number) + (isUp ? 0 : 1),
            MemoryMarshal.AsBytes(Values(isUp ? given : kept)),
            MemoryMarshal.AsBytes(isUp ? Received(part, kept) : Values(given)));
    }

    private void EndStep(ref Part part, int number)
    {
        if (_isTree && part.Step < _levels)
        {
            Range kept = Halves(part, part.Step).Kept;
            Collectives.Add(Received(part, kept), Values(kept));
        }

        part.Step++;
        if (part.Step < _steps)
        {
            BeginStep(ref part, number);
        }
        else
        {
            _finished += Length(part.Range);
        }
    }

    private (Range Kept, Range Given) Halves(in Part part, int level)
    {
        (Range kept, Range given) = (part.Range, default);
        for (int i = 0; i <= level; i++)
        {
            (kept, given) = Collectives.Halves(_ranks.Rank, i, kept);
        }

        return (kept, given);
    }

    private Span<float> Values(Range range) => new(_values + range.Start.Value, Length(range));

    private Span<float> Received(in Part part, Range kept) => _received.AsSpan(part.Place, Length(kept));

    private static int Length(Range range) => range.End.Value - range.Start.Value;

    private struct Part
    {
        public Range Range;
        public int Place;
        public int Step;
        public Exchange Exchange;
    }
}
