using System.Diagnostics;
using FlowEngine.Architecture;
using FlowEngine.Examples.Ilgpu;
using FlowEngine.Ilgpu;
using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Tests.Models;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Xunit;

namespace FlowEngine.Tests.Ilgpu;

/// <summary>The example of ILGPU finds what a program without ILGPU finds.</summary>
public sealed class AnomalySearchTests
{
    [Fact]
    public void Rows_and_scores_are_those_without_ILGPU_to_the_bit()
    {
        using Context context = Context.Create(builder => builder.CPU(new CPUDevice(32, 1, 1)).EnableAlgorithms());
        using CPUAccelerator accelerator = context.CreateCPUAccelerator(0);
        using IBackend backend = accelerator.OpenBackend(threads: 1);
        AssertFindsWhatThereIs(accelerator, backend);
    }

    /// <summary>Searches a batch on an accelerator, and without one.</summary>
    internal static void AssertFindsWhatThereIs(Accelerator accelerator, IBackend backend)
    {
        const int Count = 10;
        float[] readings = SensorData.Draw(60, seed: 1);
        float[] moments = SensorData.Moments(readings);
        using Model model = TinyGlow.Perturbed(backend, new AutoregressiveOptions
        {
            Direction = AutoregressiveDirection.Density,
            Channels = SensorData.Columns,
            Blocks = 2,
            Hidden = 16,
            HiddenLayers = 1,
        });

        float[] rows = [.. readings.Select((value, i) => AnomalySearch.Standardize(
            value, moments[i % SensorData.Columns], moments[SensorData.Columns + (i % SensorData.Columns)]))];
        IEnumerable<(int, double)> expected = model.LogProb(rows).Select((logProb, i) => (i, logProb))
            .OrderBy(row => row.logProb)
            .Take(Count);
        Assert.Equal(expected, AnomalySearch.Find(accelerator, model, readings, moments, Count));
    }

    [Fact]
    public void The_program_finds_the_ten_rows_that_were_made_odd()
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [typeof(AnomalySearch).Assembly.Location])
        {
            RedirectStandardOutput = true,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        string[] found = [.. output.Split('\n').Where(line => line.StartsWith("row ", StringComparison.Ordinal))];
        Assert.Equal(10, found.Length);
        Assert.All(found, line => Assert.EndsWith("made odd", line.TrimEnd(), StringComparison.Ordinal));
    }
}
