using System.Diagnostics;
using FlowEngine.Cli;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>Runs in a process of their own, which is stopped or killed.</summary>
public sealed class KilledRunTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_killed_run_goes_on_from_its_last_checkpoint()
    {
        string run = _folder.File("run");
        RunFolder folder;
        using (Process process = Start(run))
        {
            folder = WaitForSamples(process, run);
            process.Kill();
            Assert.True(process.WaitForExit(_patience));
        }

        // The checkpoint is of a tenth of the run.
        CommandRun.Succeed("train", "--resume", run, "--minutes", "0.02");

        RunMetrics last = folder.ReadMetrics()[^1];
        Assert.True(last.Seconds >= 0.02 * 60);
        string straight = CommandRun.Train(
            _folder, "straight", "--samples", FormattableString.Invariant($"{last.Samples}"));
        Assert.Equal(
            File.ReadAllBytes(RunFolder.Open(straight).StateFile), File.ReadAllBytes(folder.StateFile));
    }

    [Fact]
    public void A_run_that_is_asked_to_stop_saves_and_says_how_to_go_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are POSIX");
        string run = _folder.File("run");
        using Process process = Start(run);
        RunFolder folder = WaitForSamples(process, run);
        using (Process kill = Process.Start("kill", ["-TERM", FormattableString.Invariant($"{process.Id}")]))
        {
            kill.WaitForExit();
        }

        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(_patience));
        Assert.Equal(0, process.ExitCode);
        Assert.Contains($"flow train --resume {run}", output, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.ReportFile));
        CommandRun.Succeed("train", "--resume", run, "--minutes", "0.02");
    }

    private static Process Start(string run) => Process.Start(new ProcessStartInfo(
        "dotnet",
        [typeof(FlowCommand).Assembly.Location, .. CommandRun.TinyTraining(run), "--minutes", "0.15"])
    {
        RedirectStandardOutput = true,
    })!;

    private static RunFolder WaitForSamples(Process process, string run)
    {
        Stopwatch waited = Stopwatch.StartNew();
        string samples = Path.Combine(run, "samples");
        while (!Directory.Exists(samples) || Directory.GetFiles(samples, "*.png").Length == 0)
        {
            Assert.False(process.HasExited);
            Assert.True(waited.Elapsed < _patience);
            Thread.Sleep(20);
        }

        return RunFolder.Open(run);
    }
}
