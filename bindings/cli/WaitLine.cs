using System.CommandLine;
using System.Diagnostics;

using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>
/// What a command does and how long it will take: a line on standard error that goes again. It comes only on a terminal, and only
/// where the command takes more than two seconds.
/// </summary>
internal static class WaitLine
{
    private const int PeriodInMilliseconds = 250;
    private const int Width = 78;
    private const double LeastToForesee = 0.5;

    /// <summary>What a terminal waits for before it shows anything.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Does something whose end is not known before.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="what">What is done.</param>
    /// <param name="work">Does it.</param>
    public static T During<T>(ParseResult parse, string what, Func<T> work) => During(parse, what, _ => work());

    /// <inheritdoc cref="During{T}(ParseResult, string, Func{T})"/>
    public static void During(ParseResult parse, string what, Action work) => During(parse, what, () =>
    {
        work();
        return true;
    });

    /// <summary>Computes samples with a model.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="what">What is done.</param>
    /// <param name="model">The model.</param>
    /// <param name="count">How many samples it will compute.</param>
    /// <param name="work">Does it.</param>
    public static T During<T>(ParseResult parse, string what, Model model, long count, Func<T> work) => During(parse, what, told =>
    {
        long done = 0;
        model.Computed = length => told(done += length, count);
        try
        {
            return work();
        }
        finally
        {
            model.Computed = null;
        }
    });

    /// <summary>Reads data.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="path">The data.</param>
    /// <param name="reading">How pictures are read.</param>
    /// <param name="work">Does it.</param>
    public static T Reading<T>(ParseResult parse, string path, ImageReading reading, Func<ImageReading, T> work) =>
        During(parse, $"reading {path}", told => work(reading with { Progress = told }));

    /// <summary>Does something that tells how much of it is done.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="what">What is done.</param>
    /// <param name="work">Does it, and tells what is done, and all, from any thread.</param>
    public static T During<T>(ParseResult parse, string what, Func<Action<long, long>, T> work)
    {
        if (parse.InvocationConfiguration.Error is not SteadyWriter { Patience: TimeSpan patience } error)
        {
            return work((_, _) => { });
        }

        Lock turn = new();
        long start = Stopwatch.GetTimestamp();
        (long Done, long All) at = default;
        bool isOver = false;
        using Timer timer = new(_ => Show(), null, PeriodInMilliseconds, PeriodInMilliseconds);
        try
        {
            Show();
            return work((done, all) =>
            {
                lock (turn)
                {
                    at = (done, all);
                }
            });
        }
        finally
        {
            lock (turn)
            {
                isOver = true;
                error.ShowForNow(null);
            }
        }

        void Show()
        {
            lock (turn)
            {
                if (!isOver && error.Age >= patience)
                {
                    error.ShowForNow(Text(what, at.Done, at.All, Stopwatch.GetElapsedTime(start).TotalSeconds));
                }
            }
        }
    }

    /// <summary>The line.</summary>
    /// <param name="what">What is done.</param>
    /// <param name="done">How much of it.</param>
    /// <param name="all">All of it; 0 where that is not known.</param>
    /// <param name="seconds">Since it began.</param>
    public static string Text(string what, long done, long all, double seconds)
    {
        string part = all <= 0 ? string.Empty : FormattableString.Invariant($" {Math.Min(100, 100.0 * done / all):0}%");
        string time = done > 0 && done < all && seconds >= LeastToForesee ? $", {Time(seconds * (all - done) / done)} left"
            : seconds >= 1 ? $", {Time(seconds)} so far"
            : string.Empty;
        return PrintableText.OneLine(what, Width - part.Length - time.Length) + part + time;
    }

    private static string Time(double seconds) => seconds switch
    {
        < 100 => FormattableString.Invariant($"{Math.Ceiling(seconds):0} s"),
        < 6000 => FormattableString.Invariant($"{seconds / 60:0} min"),
        _ => FormattableString.Invariant($"{seconds / 3600:0.#} h"),
    };
}
