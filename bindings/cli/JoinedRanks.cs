using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json.Nodes;

using FlowEngine.Ranks;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The ranks that this process is one of, where a launcher started it: they are joined once in a process.</summary>
internal static class JoinedRanks
{
    // Long enough for the first rank to say what all know.
    private const int SecondsForTheFirst = 1;

    private static Launch? _launch;
    private static ICommunicator? _ranks;
    private static bool _endsTogether;

    /// <summary>Joins the other processes of a launcher; null if no launcher started this one.</summary>
    /// <param name="device">The device, as the user names it.</param>
    /// <exception cref="FlowException">There is no MPI, or of torchrun no NCCL, or it does not know of the others.</exception>
    public static ICommunicator? Join(Func<string> device)
    {
        _launch = Launch.Find();
        try
        {
            _ranks = _launch switch
            {
                null => null,
                { Launcher: Launcher.Torchrun } => NcclCommunicator.Join(_launch, Device(device())),
                _ => MpiCommunicator.Join(_launch),
            };
        }
        catch (FlowException error) when (_launch is { Rank: > 0 } && error.Kind == FlowErrorKind.InvalidArgument)
        {
            // A launcher ends all where one fails: the one that tells why comes before.
            Thread.Sleep(TimeSpan.FromSeconds(SecondsForTheFirst));
            throw new FlowException(FlowErrorKind.Cancelled, "the first rank says why", error);
        }

        return _ranks;
    }

    /// <summary>Prepares a run on all ranks, or on none: then the first that cannot says why.</summary>
    /// <param name="prepare">Makes this rank's.</param>
    /// <exception cref="FlowException">A rank cannot, or was started with other options or data than the first.</exception>
    public static TrainingSession Together(Func<TrainingSession> prepare)
    {
        if (_ranks is null)
        {
            return prepare();
        }

        TrainingSession? session = null;
        Exception? reason = null;
        try
        {
            session = prepare();
        }
        catch (Exception exception) when (_ranks.Size > 0)
        {
            reason = exception;
        }

        ulong[] digests = new ulong[_ranks.Size];
        _ranks.Gather(reason is null ? Digest(session!) : 0, digests);
        int failed = Array.IndexOf(digests, 0UL);
        int other = Array.FindIndex(digests, digest => digest != digests[0]);
        if (failed < 0 && other < 0)
        {
            return session!;
        }

        session?.Dispose();
        _endsTogether = true;
        if (_ranks.Rank == Math.Max(failed, 0))
        {
            ExceptionDispatchInfo.Capture(reason ?? new FlowException(
                FlowErrorKind.InvalidArgument,
                $"rank {other} was started with other options or data than rank 0, expected the same on all ranks")).Throw();
        }

        throw new FlowException(FlowErrorKind.Cancelled, "another rank cannot begin");
    }

    /// <summary>The device of this process.</summary>
    /// <param name="given">As its user names it.</param>
    public static string Device(string given) => _launch?.DeviceOf(given) ?? given;

    /// <summary>The threads of this process where its user says nothing: its share of the machine's.</summary>
    /// <param name="given">What the user says; 0 for nothing.</param>
    public static int Threads(int given)
    {
        if (given > 0 || _launch?.LocalSize is not int neighbors)
        {
            return given;
        }

        // A launcher that binds processes to cores has shared them out.
        return Environment.ProcessorCount < ProcessorsOfMachine()
            ? given
            : Math.Max(1, Environment.ProcessorCount / neighbors);
    }

    /// <summary>What the ranks cost, in a few words that end in "; "; nothing of one process.</summary>
    /// <param name="trainer">What they trained with.</param>
    /// <param name="run">The run.</param>
    public static string Told(Trainer trainer, TrainingRun run)
    {
        ReductionCost cost = trainer.ReductionCost;
        if (_ranks is null || cost.Updates == 0)
        {
            return string.Empty;
        }

        string sent = FormattableString.Invariant($"rank 0 sent {cost.SentBytes / 1e6 / cost.Updates:0.00} MB an update");
        return cost.HiddenShare is double hidden
            ? FormattableString.Invariant($"{sent}; of the gradients {100 * hidden:0}% were summed during the backward pass, and the ")
                + FormattableString.Invariant($"sums took {100 * cost.Seconds / run.Seconds:0.0}% of the time; ")
            : $"{sent} by NCCL; ";
    }

    /// <summary>The same for programs; null of one process.</summary>
    /// <param name="trainer">What they trained with.</param>
    public static JsonObject? Figures(Trainer trainer)
    {
        ReductionCost cost = trainer.ReductionCost;
        return _ranks is null ? null : new JsonObject
        {
            ["size"] = _ranks.Size,
            ["updates"] = cost.Updates,
            ["sent_bytes"] = cost.SentBytes,
            ["seconds"] = cost.Seconds,
            ["hidden_share"] = cost.HiddenShare,
        };
    }

    /// <summary>Leaves with the others, or ends them where this rank cannot go on.</summary>
    /// <param name="code">The exit code of this process.</param>
    public static void Leave(int code)
    {
        if (_ranks is null)
        {
            return;
        }

        if (_endsTogether)
        {
            // The first that exits with an error makes a launcher end the others: the one that tells why comes before.
            _ranks.Gather(code, new int[_ranks.Size]);
        }

        bool isWhole = code == 0 || _endsTogether;
        switch (_ranks)
        {
            case MpiCommunicator mpi when !isWhole:
                mpi.Abort(code);
                break;
            case NcclCommunicator nccl when !isWhole:
                nccl.Abort();
                break;
            default:
                (_ranks as IDisposable)?.Dispose();
                break;
        }

        _ranks = null;
    }

    /// <summary>Never 0.</summary>
    private static ulong Digest(TrainingSession session)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in Encoding.UTF8.GetBytes($"{session.Config.ToJson()} {session.Data.Train.Count}"))
        {
            hash = (hash ^ value) * 1099511628211;
        }

        return hash | 1;
    }

    private static int ProcessorsOfMachine()
    {
        const string Online = "/sys/devices/system/cpu/online";
        return File.Exists(Online)
            ? File.ReadAllText(Online).Trim().Split(',').Sum(part =>
            {
                int[] ends = [.. part.Split('-').Select(text => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture))];
                return ends[^1] - ends[0] + 1;
            })
            : Environment.ProcessorCount;
    }
}
