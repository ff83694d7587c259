using FlowEngine.Cli;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>What one run of the command in this process gave.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    internal static CommandRun Of(params string[] args)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = FlowCommand.Run(args, output, error);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Runs what must succeed.</summary>
    internal static string Succeed(params string[] args)
    {
        CommandRun run = Of(args);
        Assert.True(run.ExitCode == 0, $"exit code {run.ExitCode}: {run.Error}");
        return run.Output;
    }

    /// <summary>Runs what must be refused as bad input, in one line that says all of some things.</summary>
    internal static string Refuse(string[] args, params string[] says)
    {
        CommandRun run = Of(args);
        Assert.True(run.ExitCode == 2, $"exit code {run.ExitCode}: {run.Output}{run.Error}");
        Assert.StartsWith("flow: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith(Environment.NewLine, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', run.Error.TrimEnd());
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.All(says, text => Assert.Contains(text, run.Error, StringComparison.Ordinal));
        return run.Error;
    }

    /// <summary>Trains the smallest model on the digits into a folder.</summary>
    internal static string Train(TemporaryFolder folder, string name, params string[] more)
    {
        string run = folder.File(name);
        Succeed([.. TinyTraining(run), .. more]);
        return run;
    }

    internal static string[] TinyTraining(string run) =>
    [
        "train", "--data", "digits", "--out", run, "--hidden", "8", "--steps", "1", "--batch", "32", "--threads", "1",
        "--warmup-images", "64", "--schedule", "constant",
    ];
}
