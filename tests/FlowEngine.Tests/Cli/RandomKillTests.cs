using System.Diagnostics;
using System.Globalization;

using FlowEngine.Cli;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>
/// Processes that are killed at random moments, <c>FLOWENGINE_KILLS</c> in all: runs resume to the same bits, and a file that
/// was there is the old one or the new one.
/// </summary>
public sealed class RandomKillTests : IDisposable
{
    private const int DefaultKills = 6;
    private const int Seed = 17;

    private static readonly int _kills = int.Parse(
        Environment.GetEnvironmentVariable("FLOWENGINE_KILLS") ?? $"{DefaultKills}", CultureInfo.InvariantCulture);

    private readonly TemporaryFolder _folder = new();
    private readonly Random _random = new(Seed);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_is_killed_again_and_again_ends_as_a_straight_one()
    {
        string straight = _folder.File("straight");
        TimeSpan whole = Complete(Training(straight));
        RunFolder expected = RunFolder.Open(straight);
        string run = _folder.File("run");
        int kills = 0;
        for (int want = Math.Max(1, _kills / 2); kills < want;)
        {
            // A run that is done begins again: every kill is of one at work.
            bool isDone = kills > 0 && File.Exists(Path.Combine(run, "samples", "final.png"));
            if (isDone)
            {
                Complete(Resuming(run));
                AssertSame(expected, RunFolder.Open(run));
                Directory.Delete(run, recursive: true);
            }

            kills += Kill(Next(run), whole) ? 1 : 0;
        }

        Complete(Next(run));
        AssertSame(expected, RunFolder.Open(run));
        Assert.Empty(Directory.GetFiles(run, "*.tmp", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("sample", "--count", "20000", "--seed")]
    [InlineData("score", "--data", "two-moons", "--part", "all", "--seed")]
    public void A_file_that_was_there_is_the_old_or_the_new_one(string command, params string[] options)
    {
        string run = _folder.File("run");
        Complete(["train", "--data", "two-moons", "--model", "maf", "--blocks", "1", "--hidden", "8", "--epochs", "1", "--out", run]);
        string file = _folder.File("out.csv");
        string[] To(int seed) => [command, run, .. options, $"{seed}", "--out", file];
        byte[][] contents = new byte[2][];
        TimeSpan whole = default;
        for (int seed = 0; seed < 2; seed++)
        {
            whole = Complete(command == "sample" ? To(seed) : [.. To(0), "--limit", $"{500 * (seed + 1)}"]);
            contents[seed] = File.ReadAllBytes(file);
        }

        Assert.NotEqual(contents[0], contents[1]);
        int kills = 0;
        for (int i = 0, want = Math.Max(1, _kills / 4); kills < want; i++)
        {
            kills += Kill(command == "sample" ? To(i % 2) : [.. To(0), "--limit", $"{500 * ((i % 2) + 1)}"], whole) ? 1 : 0;
            byte[] found = File.ReadAllBytes(file);
            Assert.True(contents.Any(content => content.AsSpan().SequenceEqual(found)), $"{found.Length} bytes after kill {kills}");
        }

        Complete([.. To(0), .. command == "score" ? ["--limit", "500"] : Array.Empty<string>()]);
        Assert.Equal(["out.csv"], _folder.FileNames);
    }

    private static string[] Training(string run) =>
    [
        "train", "--data", "digits", "--out", run, "--hidden", "16", "--steps", "2", "--batch", "32", "--threads", "1",
        "--warmup-images", "64", "--samples", "24000",
    ];

    private static string[] Resuming(string run) => ["train", "--resume", run];

    /// <summary>What a user types next, whatever is left of the run.</summary>
    private static string[] Next(string run) =>
        File.Exists(Path.Combine(run, "config.json")) ? Resuming(run) : Training(run);

    private static void AssertSame(RunFolder expected, RunFolder actual)
    {
        Assert.Equal(File.ReadAllBytes(expected.StateFile), File.ReadAllBytes(actual.StateFile));
        Assert.Equal(File.ReadAllBytes(expected.CheckpointFile), File.ReadAllBytes(actual.CheckpointFile));
        Assert.Equal(Lines(expected), Lines(actual));
        Assert.Equal(expected.SampleFiles.Select(Path.GetFileName), actual.SampleFiles.Select(Path.GetFileName));
        Assert.All(
            expected.SampleFiles.Zip(actual.SampleFiles),
            pair => Assert.Equal(File.ReadAllBytes(pair.First), File.ReadAllBytes(pair.Second)));

        static IEnumerable<(Type, long, double)> Lines(RunFolder folder) =>
            folder.ReadMetrics().Select(line => (line.GetType(), line.Samples, line.BitsPerDim));
    }

    private static TimeSpan Complete(string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using Process process = Start(arguments);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{string.Join(' ', arguments)}: {process.ExitCode}: {error}");
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Starts a process and kills it at a random moment of the time that it takes.</summary>
    /// <returns>False where it had ended before.</returns>
    private bool Kill(string[] arguments, TimeSpan whole)
    {
        using Process process = Start(arguments);
        if (process.WaitForExit(_random.NextDouble() * whole))
        {
            return false;
        }

        process.Kill();
        process.WaitForExit();
        return true;
    }

    private static Process Start(string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo("dotnet", [typeof(FlowCommand).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }
}
