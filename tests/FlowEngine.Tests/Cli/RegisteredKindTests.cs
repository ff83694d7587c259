using System.Text.Json;

using FlowEngine.Architecture;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

using Xunit;

namespace FlowEngine.Tests.Cli;

/// <summary>A kind of model that is not the engine's: what the engine and the command do with it once it is registered.</summary>
public sealed class RegisteredKindTests
{
    static RegisteredKindTests() => ModelKinds.Register(ShearOptions.Description);

    [Fact]
    public void The_command_trains_it_by_its_own_options_and_evaluates_its_checkpoint()
    {
        using TemporaryFolder folder = new();
        string run = folder.File("run");
        CommandRun.Succeed(
            "train", "--data", "two-moons", "--out", run, "--model", "shear", "--rounds", "3", "--hidden", "16", "--samples",
            "20000", "--batch", "100", "--warmup-samples", "0", "--lr", "0.005", "--threads", "1");
        RunConfig config = RunFolder.Open(run).ReadConfig();
        ShearOptions options = Assert.IsType<ShearOptions>(config.Model.Options);
        Assert.Equal((3, 16, 2), (options.Rounds, options.Hidden, options.Channels));
        using JsonDocument eval = JsonDocument.Parse(CommandRun.Succeed("eval", run, "--data", "two-moons", "--json"));

        // The Gaussian of the same mean and covariance has -2.07 nats.
        Assert.True(eval.RootElement.GetProperty("nats").GetDouble() > -1.9, eval.RootElement.GetRawText());
    }

    [Fact]
    public void Its_options_are_in_the_help_and_refused_of_other_kinds()
    {
        string help = CommandRun.Succeed("train", "--help");
        Assert.Contains("--rounds", help, StringComparison.Ordinal);
        using TemporaryFolder folder = new();
        CommandRun.Refuse(
            ["train", "--data", "two-moons", "--out", folder.File("run"), "--model", "maf", "--rounds", "3"],
            "--rounds is of --model shear, and the model is maf");
        Assert.Contains("\"shear\"", Descriptions.ToJson(), StringComparison.Ordinal);
        Assert.Throws<FlowException>(() => ModelKinds.Register(ShearOptions.Description));
    }
}
