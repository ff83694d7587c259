namespace FlowEngine.Ranks;

/// <summary>The processes of an MPI job. A process joins once, and leaves once.</summary>
/// <remarks>
/// A call waits by asking, as <see cref="RankWait"/> says. What waits long looks whether the ranks of its machine are still there:
/// MPI does not say so of shared memory.
/// </remarks>
public sealed unsafe class MpiCommunicator : INonblockingCommunicator, IDisposable
{
    private const int ThreadsInTurn = 2;
    private const int Tag = 0;
    private const int StatusLength = 64;

    // The most bytes of one message: MPI counts in 32 bits.
    private const int LongestMessage = 1 << 30;

    private readonly MpiLibrary _mpi;
    private readonly RankWatch _watch;

    private MpiCommunicator(MpiLibrary mpi, int rank, int size)
    {
        (_mpi, Rank, Size) = (mpi, rank, size);
        _watch = new RankWatch(this);
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <summary>Bytes that this rank sent.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Joins the ranks that a launcher started.</summary>
    /// <param name="launch">This process's place.</param>
    /// <exception cref="FlowException">There is no MPI, it does not know of the others, or their number is no power of
    /// two.</exception>
    public static MpiCommunicator Join(Launch launch)
    {
        MpiLibrary mpi = MpiLibrary.Load(launch.Launcher);
        int provided, rank, size;
        if (mpi.InitThread(null, null, ThreadsInTurn, &provided) != 0
            || mpi.CommRank(mpi.World, &rank) != 0
            || mpi.CommSize(mpi.World, &size) != 0)
        {
            throw new FlowException(FlowErrorKind.DeviceFailed, $"{mpi.Name} does not start");
        }

        if (provided < ThreadsInTurn)
        {
            throw new FlowException(
                FlowErrorKind.Unsupported,
                $"{mpi.Name} can be called only from the thread that starts it: expected one that gives MPI_THREAD_SERIALIZED");
        }

        if (size != launch.Size)
        {
            throw new FlowException(
                FlowErrorKind.NoDevice,
                $"{launch.Launcher} started {launch.Size} ranks, and {mpi.Name} knows of {size}: it is not the MPI of the launcher, "
                + "name that in FLOWENGINE_MPI");
        }

        if (!int.IsPow2(size))
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{size} ranks were started, expected a power of two");
        }

        if (mpi.ErrorsReturn != 0)
        {
            mpi.CommSetErrhandler(mpi.World, mpi.ErrorsReturn);
        }

        return new MpiCommunicator(mpi, rank, size);
    }

    /// <inheritdoc/>
    public void SendReceive(int partner, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        fixed (byte* source = sent, target = received)
        {
            for (long done = 0; done < Math.Max(sent.Length, received.Length); done += LongestMessage)
            {
                Wait(Begin(
                    partner,
                    Tag,
                    source + done,
                    (int)Math.Clamp(sent.Length - done, 0, LongestMessage),
                    target + done,
                    (int)Math.Clamp(received.Length - done, 0, LongestMessage)));
            }
        }
    }

    /// <inheritdoc/>
    public void AllReduce(Span<float> values)
    {
        fixed (float* pointer = values)
        {
            Wait(BeginAllReduce(pointer, values.Length));
        }
    }

    /// <inheritdoc/>
    Exchange INonblockingCommunicator.Begin(int partner, int number, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        fixed (byte* source = sent, target = received)
        {
            return Begin(partner, Tag + number, source, sent.Length, target, received.Length);
        }
    }

    /// <inheritdoc/>
    Exchange INonblockingCommunicator.BeginAllReduce(Span<float> values)
    {
        fixed (float* pointer = values)
        {
            return BeginAllReduce(pointer, values.Length);
        }
    }

    /// <inheritdoc/>
    bool INonblockingCommunicator.IsDone(ref Exchange exchange) => IsDone(ref exchange);

    /// <inheritdoc/>
    void INonblockingCommunicator.Pause(ref RankWait wait) => Pause(ref wait);

    /// <summary>Ends all ranks where one cannot go on.</summary>
    /// <param name="code">The exit code.</param>
    public void Abort(int code) => _mpi.Abort(_mpi.World, code);

    /// <summary>Leaves, once all ranks do.</summary>
    public void Dispose() => _mpi.Finalize();

    private Exchange Begin(int partner, int tag, byte* source, int sent, byte* target, int received)
    {
        Exchange exchange = new() { Receives = received > 0, Sends = sent > 0 };
        if (exchange.Receives)
        {
            Check(_mpi.Irecv(target, received, _mpi.Byte, partner, tag, _mpi.World, &exchange.Incoming));
        }

        if (exchange.Sends)
        {
            Check(_mpi.Isend(source, sent, _mpi.Byte, partner, tag, _mpi.World, &exchange.Outgoing));
        }

        SentBytes += sent;
        return exchange;
    }

    private Exchange BeginAllReduce(float* values, int length)
    {
        Exchange exchange = new() { Receives = true };
        Check(_mpi.Iallreduce(
            (float*)_mpi.InPlace, values, length, _mpi.Float, _mpi.Sum, _mpi.World, &exchange.Incoming));

        // What the best order sends; which one MPI takes it does not say.
        SentBytes += 2L * sizeof(float) * length * (Size - 1) / Size;
        return exchange;
    }

    private bool IsDone(ref Exchange exchange)
    {
        fixed (Exchange* own = &exchange)
        {
            own->Receives = own->Receives && !IsDone(&own->Incoming);
            own->Sends = own->Sends && !IsDone(&own->Outgoing);
            return !own->Receives && !own->Sends;
        }
    }

    private bool IsDone(nint* request)
    {
        byte* status = stackalloc byte[StatusLength];
        int flag = 0;
        Check(_mpi.Test(request, &flag, status));
        return flag != 0;
    }

    private void Wait(Exchange exchange)
    {
        RankWait wait = default;
        while (!IsDone(ref exchange))
        {
            Pause(ref wait);
        }
    }

    private void Pause(ref RankWait wait)
    {
        if (wait.Pause())
        {
            // Ranks learn of each other before there is a watch.
            _watch?.Look();
        }
    }

    private void Check(int error)
    {
        if (error != 0)
        {
            throw new FlowException(
                FlowErrorKind.DeviceFailed, $"the ranks have lost each other: {_mpi.Describe(error)}");
        }
    }
}
