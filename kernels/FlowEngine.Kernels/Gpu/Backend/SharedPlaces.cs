namespace FlowEngine.Kernels.Gpu;

/// <summary>Places in the shared memory of a group, each free again after its last reader.</summary>
internal sealed class SharedPlaces
{
    private readonly List<(int Start, int Words, int Last)> _taken = [];

    /// <summary>The words up to the end of what is taken now.</summary>
    public int End => _taken.Count == 0 ? 0 : _taken[^1].Start + _taken[^1].Words;

    /// <summary>The most that this ever was.</summary>
    public int Peak { get; private set; }

    /// <summary>Frees what is read by none from this reader on.</summary>
    /// <param name="reader">The reader's number.</param>
    public void Free(int reader) => _taken.RemoveAll(place => place.Last < reader);

    /// <summary>Takes the first place that is wide enough.</summary>
    /// <param name="words">Its words.</param>
    /// <param name="last">Its last reader.</param>
    /// <returns>Where it starts.</returns>
    public int Take(int words, int last)
    {
        int start = 0;
        int at = 0;
        while (at < _taken.Count && _taken[at].Start - start < words)
        {
            start = _taken[at].Start + _taken[at].Words;
            at++;
        }

        _taken.Insert(at, (start, words, last));
        Peak = Math.Max(Peak, End);
        return start;
    }
}
