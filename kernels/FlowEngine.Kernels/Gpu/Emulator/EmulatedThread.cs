namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>A thread of a kernel as the emulator runs it.</summary>
internal sealed class EmulatedThread
{
    [ThreadStatic]
    private static EmulatedThread? _current;

    private readonly List<PendingCopy> _started = [];
    private readonly Queue<List<PendingCopy>> _committed = new();
    private int _sharedBlocks;

    public EmulatedThread(GroupRun group, int index)
    {
        Group = group;
        Index = index;
    }

    /// <summary>The thread that runs.</summary>
    /// <exception cref="InvalidOperationException">No kernel is running on this thread of the system.</exception>
    public static EmulatedThread Current => _current ?? throw new InvalidOperationException(
        "the device API works inside a kernel that a stream launched; a kernel's method is not called directly");

    public GroupRun Group { get; }

    public int Index { get; }

    public Intervals Intervals => Group.Intervals;

    /// <summary>The number of the stretch the thread is in.</summary>
    public int Interval { get; private set; }

    /// <summary>The stretch that started the copy which is just being finished.</summary>
    public int CopyInterval { get; private set; }

    /// <summary>What the thread waits for; null while it can run.</summary>
    public SyncRequest? Request { get; private set; }

    /// <summary>Whether it has returned.</summary>
    public bool Ended { get; private set; }

    /// <summary>
    /// The error of a waiting operation that was called where the emulator's form should have yielded it.
    /// </summary>
    public static InvalidOperationException NotYielded(string operation) =>
        new($"{operation} waits for other threads: it works inside a kernel that a stream launched");

    public bool Races(int interval) => interval != 0 && Intervals.Concurrent(interval, this);

    /// <summary>Runs to the next wait or to the end.</summary>
    public void Run(IEnumerator<SyncRequest> body)
    {
        Interval = Intervals.Begin(this);
        _current = this;
        try
        {
            Ended = !body.MoveNext();
            Request = Ended ? null : body.Current;
        }
        finally
        {
            _current = null;
        }
    }

    /// <summary>Finishes a warp's operation in the name of this thread.</summary>
    public void Complete(ReadOnlySpan<WarpRequest> lanes)
    {
        Interval = Intervals.Begin(this);
        _current = this;
        try
        {
            lanes[0].Complete(lanes);
        }
        finally
        {
            _current = null;
        }
    }

    /// <summary>Lets the thread go on.</summary>
    public void Release() => Request = null;

    public static EmulatedPointer AllocateLocal(int lengthInBytes) =>
        new(new EmulatedRange(new LocalStorage(lengthInBytes), 0, lengthInBytes, "a local array"), 0);

    /// <summary>
    /// The group's next block of shared memory: all threads allocate the same ones in the same order.
    /// </summary>
    public EmulatedPointer AllocateShared(int lengthInBytes)
    {
        int block = _sharedBlocks++;
        if (block == Group.Shared.Count)
        {
            Group.Shared.Add(new EmulatedRange(
                new SharedStorage(lengthInBytes), 0, lengthInBytes, $"shared array {block}"));
        }

        return new(Group.Shared[block], 0);
    }

    public void StartCopy(
        EmulatedPointer destination, EmulatedPointer source, int length, bool valid, SourceLine line)
    {
        destination.CheckAligned(length, line);
        byte[] bytes = new byte[length];
        if (valid)
        {
            source.CheckAligned(length, line);
            for (int i = 0; i < length; i += sizeof(int))
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(i), source.Read<int>(i, line));
            }
        }

        destination.Range.Storage.NotePending(
            destination.Range.Start + destination.Position, length, destination.Range.Name, line);
        _started.Add(new PendingCopy(destination, bytes, Interval, line));
    }

    public void CommitCopies()
    {
        _committed.Enqueue([.. _started]);
        _started.Clear();
    }

    public void WaitForCopies(int groups)
    {
        while (_committed.Count > groups)
        {
            foreach (PendingCopy copy in _committed.Dequeue())
            {
                CopyInterval = copy.Interval;
                for (int i = 0; i < copy.Bytes.Length; i += sizeof(int))
                {
                    copy.Destination.Write(i, BitConverter.ToInt32(copy.Bytes, i), copy.Line);
                }

                CopyInterval = 0;
            }
        }
    }

    private sealed record PendingCopy(EmulatedPointer Destination, byte[] Bytes, int Interval, SourceLine Line);
}
