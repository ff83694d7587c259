using System.Diagnostics;

namespace FlowEngine.Ranks;

/// <summary>The processes of an MPI job. A process joins once, and leaves once.</summary>
/// <remarks>
/// A call waits by asking: at first without a pause, then between other processes of the machine, then once in a millisecond.
/// What waits long looks whether the ranks of its machine are still there: MPI does not say so of shared memory.
/// </remarks>
public sealed unsafe class MpiCommunicator : ICommunicator, IDisposable
{
    private const int ThreadsInTurn = 2;
    private const int Tag = 0;
    private const int StatusLength = 64;
    private const int EagerTests = 200;
    private const double SecondsUntilPause = 0.05;

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

        if (size != launch.Size)
        {
            throw new FlowException(
                FlowErrorKind.NoDevice,
                $"{launch.Launcher} started {launch.Size} ranks, and {mpi.Name} knows of {size}: "
                + (launch.Launcher == Launcher.Torchrun ? "torchrun brings no MPI, start with mpirun or srun"
                    : "it is not the MPI of the launcher, name that in FLOWENGINE_MPI"));
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
        nint* requests = stackalloc nint[2];
        fixed (byte* source = sent, target = received)
        {
            for (long done = 0; done < Math.Max(sent.Length, received.Length); done += LongestMessage)
            {
                int incoming = (int)Math.Clamp(received.Length - done, 0, LongestMessage);
                int outgoing = (int)Math.Clamp(sent.Length - done, 0, LongestMessage);
                int count = 0;
                if (incoming > 0)
                {
                    Check(_mpi.Irecv(target + done, incoming, _mpi.Byte, partner, Tag, _mpi.World, &requests[count++]));
                }

                if (outgoing > 0)
                {
                    Check(_mpi.Isend(source + done, outgoing, _mpi.Byte, partner, Tag, _mpi.World, &requests[count++]));
                }

                Wait(requests, count);
            }
        }

        SentBytes += sent.Length;
    }

    /// <inheritdoc/>
    public void AllReduce(Span<float> values)
    {
        nint request;
        fixed (float* pointer = values)
        {
            Check(_mpi.Iallreduce(
                (float*)_mpi.InPlace, pointer, values.Length, _mpi.Float, _mpi.Sum, _mpi.World, &request));
            Wait(&request, 1);
        }

        // What the best order sends; which one MPI takes it does not say.
        SentBytes += 2L * sizeof(float) * values.Length * (Size - 1) / Size;
    }

    /// <summary>Ends all ranks where one cannot go on.</summary>
    /// <param name="code">The exit code.</param>
    public void Abort(int code) => _mpi.Abort(_mpi.World, code);

    /// <summary>Leaves, once all ranks do.</summary>
    public void Dispose() => _mpi.Finalize();

    private void Wait(nint* requests, int count)
    {
        byte* status = stackalloc byte[StatusLength];
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        for (long tests = 0; done < count; tests++)
        {
            int flag = 0;
            Check(_mpi.Test(&requests[done], &flag, status));
            if (flag != 0)
            {
                done++;
            }
            else if (tests > EagerTests)
            {
                bool isLong = Stopwatch.GetElapsedTime(start).TotalSeconds > SecondsUntilPause;
                if (isLong)
                {
                    Thread.Sleep(1);
                    _watch?.Look();
                }
                else
                {
                    Thread.Yield();
                }
            }
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
