using System.Diagnostics;

using FlowEngine.Checkpoints;
using FlowEngine.Cli;
using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Tests.Cli;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

/// <summary>The model of the digits that travels with the library.</summary>
public sealed class BuiltInModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_knows_the_digits_and_draws_at_once()
    {
        using CpuBackend backend = new();
        using Model model = Model.Load(CheckpointFile.BuiltIn, backend);
        Assert.True(model.Config.IsInitialized);
        double bitsPerDim = Evaluation.Run(
            model, DatasetLoader.Load("digits").Test, cancel: TestContext.Current.CancellationToken).BitsPerDim;
        Assert.True(bitsPerDim <= 2.25, $"{bitsPerDim} bits/dim");
        string picture = _folder.File("drawn.png");
        CommandRun.Succeed("sample", "digits", "--count", "4", "--out", picture);
        Assert.True(File.Exists(picture));
    }

    [Fact]
    public void A_run_folder_of_its_name_comes_first()
    {
        string folder = Path.GetDirectoryName(_folder.File("digits"))!;
        Directory.CreateDirectory(_folder.File("digits"));
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", [typeof(FlowCommand).Assembly.Location, "info", "digits"])
            {
                WorkingDirectory = folder,
                RedirectStandardError = true,
            })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains("digits: is a folder without checkpoint.safetensors", error, StringComparison.Ordinal);
    }
}
