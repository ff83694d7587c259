using System.Diagnostics;

namespace FlowEngine.Fuzz;

/// <summary>Tries a reader with one input after another, and checks what comes of each.</summary>
/// <remarks>
/// Right is success, or a <see cref="FlowException"/> that blames the input in one printable line. An input takes at most 2 s,
/// and allocates at most 16 times its unpacked length and 64 MB.
/// </remarks>
/// <param name="target">The reader.</param>
/// <param name="seed">The seed.</param>
internal sealed class TargetRun(Target target, ulong seed)
{
    private static readonly TimeSpan _noticedTime = TimeSpan.FromMilliseconds(50);

    private const long FreeMemory = 64 << 20;
    private const int MemoryFactor = 16;
    private const int LongestMessage = 2000;

    private readonly Dice _dice = new();
    private readonly Output _output = new();
    private bool _wasRead;

    /// <summary>The reader.</summary>
    public Target Target => target;

    /// <summary>False where the process has a limit on memory that counts what lives, not what is allocated.</summary>
    public bool ChecksAllocation { get; init; } = true;

    /// <summary>The most time of an input.</summary>
    public TimeSpan LongestTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Inputs tried.</summary>
    public long Inputs { get; private set; }

    /// <summary>Those that were read.</summary>
    public long Accepted { get; private set; }

    /// <summary>The longest time of an input.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>The most bytes that an input made the reader allocate.</summary>
    public long LargestMemory { get; private set; }

    /// <summary>The input that is tried now.</summary>
    public long Index { get; private set; }

    /// <summary>When it began, as <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public long Started { get; private set; }

    /// <summary>Its bytes.</summary>
    public byte[] Input => _output.Span.ToArray();

    /// <summary>Makes an input and tries it.</summary>
    /// <param name="index">Its number.</param>
    /// <returns>What went wrong; null if nothing did.</returns>
    public Finding? Try(long index)
    {
        _dice.Begin(seed, target.Name, index);
        _output.Cut();
        target.Make(_dice, _output);
        Index = index;
        return Try(_output.Memory) is string problem ? new Finding(target.Name, index, problem, Input) : null;
    }

    /// <summary>Tries an input.</summary>
    /// <param name="input">The bytes.</param>
    /// <returns>What went wrong; null if nothing did.</returns>
    public string? Try(ReadOnlyMemory<byte> input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan time = Time(input, out string? problem);
        long memory = GC.GetAllocatedBytesForCurrentThread() - before;
        for (int again = 0; again < 2 && time > _noticedTime; again++)
        {
            // Somebody else may have had the processor: what counts is the time that this process had it.
            TimeSpan start = Environment.CpuUsage.TotalTime;
            Time(input, out problem);
            TimeSpan other = Environment.CpuUsage.TotalTime - start;
            time = other < time ? other : time;
        }

        Inputs++;
        Accepted += _wasRead ? 1 : 0;
        Slowest = time > Slowest ? time : Slowest;
        LargestMemory = Math.Max(LargestMemory, memory);
        return problem
            ?? (time > LongestTime ? $"took {time.TotalSeconds:0.0} s" : null)
            ?? (ChecksAllocation && memory > FreeMemory && memory > FreeMemory + (MemoryFactor * target.UnpackedLength(input))
                ? $"allocated {memory} bytes"
                : null);
    }

    private TimeSpan Time(ReadOnlyMemory<byte> input, out string? problem)
    {
        problem = null;
        _wasRead = false;
        Started = Stopwatch.GetTimestamp();
        try
        {
            target.Read(input);
            _wasRead = true;
        }
        catch (FlowException exception)
        {
            problem = Problem(exception);
        }
#pragma warning disable CA1031 // Any other exception is what is looked for.
        catch (Exception exception)
        {
            problem = exception.ToString();
        }
#pragma warning restore CA1031

        TimeSpan time = Stopwatch.GetElapsedTime(Started);
        Started = 0;
        return time;
    }

    private static string? Problem(FlowException exception)
    {
        if (exception.Kind is not (FlowErrorKind.BadFormat or FlowErrorKind.InvalidArgument or FlowErrorKind.Unsupported))
        {
            return $"an error of the kind {exception.Kind}: {exception}";
        }

        return exception.Message.Length is 0 or > LongestMessage || exception.Message.Any(char.IsControl)
            ? $"a message of {exception.Message.Length} characters, or one that is not printable: {exception.Message}"
            : null;
    }
}
