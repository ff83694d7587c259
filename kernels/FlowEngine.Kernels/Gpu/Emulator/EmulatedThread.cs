using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>A thread of a kernel as the emulator runs it.</summary>
internal sealed class EmulatedThread : DeviceThread
{
    private readonly List<PendingCopy> _started = [];
    private readonly Queue<List<PendingCopy>> _committed = new();
    private int _sharedBlocks;

    public EmulatedThread(GroupRun group, int index)
    {
        Group = group;
        Index = index;
    }

    /// <summary>The thread that runs.</summary>
    public static new EmulatedThread Current => (EmulatedThread)DeviceThread.Current;

    public GroupRun Group { get; }

    public override int Index { get; }

    public override int GroupSize => Group.Kernel.BlockSize;

    public override int GroupIdxX => Group.IdxX;

    public override int GroupIdxY => Group.IdxY;

    public override int GroupIdxZ => Group.IdxZ;

    public override int GridDimX => Group.Grid.X;

    public override int GridDimY => Group.Grid.Y;

    public override int GridDimZ => Group.Grid.Z;

    public override int DynamicSharedBytes => Group.Grid.DynamicSharedBytes;

    public Intervals Intervals => Group.Intervals;

    /// <summary>The number of the stretch the thread is in.</summary>
    public int Interval { get; private set; }

    /// <summary>The stretch that started the copy which is just being finished.</summary>
    public int CopyInterval { get; private set; }

    /// <summary>What the thread waits for; null while it can run.</summary>
    public SyncRequest? Request { get; private set; }

    /// <summary>Whether it has returned.</summary>
    public bool Ended { get; private set; }

    public bool Races(int interval) => interval != 0 && Intervals.Concurrent(interval, this);

    /// <summary>Runs to the next wait or to the end.</summary>
    public void Run(IEnumerator<SyncRequest> body)
    {
        Interval = Intervals.Begin(this);
        SetCurrent(this);
        try
        {
            Ended = !body.MoveNext();
            Request = Ended ? null : body.Current;
        }
        finally
        {
            SetCurrent(null);
        }
    }

    /// <summary>Finishes a warp's operation in the name of this thread.</summary>
    public void Complete(ReadOnlySpan<WarpRequest> lanes)
    {
        Interval = Intervals.Begin(this);
        SetCurrent(this);
        try
        {
            lanes[0].Complete(lanes);
        }
        finally
        {
            SetCurrent(null);
        }
    }

    /// <summary>Lets the thread go on.</summary>
    public void Release() => Request = null;

    public override DevicePointer AllocateLocal(int lengthInBytes) =>
        new(new DeviceRange(new LocalStorage(lengthInBytes), 0, lengthInBytes, "a local array"), 0);

    public override DevicePointer AllocateShared(int lengthInBytes)
    {
        int block = _sharedBlocks++;
        if (block == Group.Shared.Count)
        {
            Group.Shared.Add(new DeviceRange(
                new SharedStorage(lengthInBytes), 0, lengthInBytes, $"shared array {block}"));
        }

        return new(Group.Shared[block], 0);
    }

    public override void StartCopy(
        DevicePointer destination, DevicePointer source, int length, bool valid, SourceLine line)
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

    public override void CommitCopies()
    {
        _committed.Enqueue([.. _started]);
        _started.Clear();
    }

    public override void WaitForCopies(int groups)
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

    private sealed record PendingCopy(DevicePointer Destination, byte[] Bytes, int Interval, SourceLine Line);
}
