using System.CommandLine;
using FlowEngine.Architecture;
using FlowEngine.Cli;
using FlowEngine.Compare;
using FlowEngine.Execution;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Models;
using FlowEngine.Tests.KernelCompiler;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// What the kernels do in the cases of perf/compare/cases-gpu.txt, counted by the interpreter of PTX, with one step a level
/// and few images.
/// </summary>
internal static class GpuCounts
{
    /// <summary>The images of a case as it is counted, and the multiprocessors of the device.</summary>
    /// <remarks>
    /// As many of one as of the other: then the first two levels have a tile of 64 pixels for every multiprocessor and the
    /// third has not, as with 256 images on a device of 65 to 256 of them.
    /// </remarks>
    public const int Few = 2;

    private const ulong Seed = 1;

    /// <summary>The cases, each with what is done with its model: the memory mode is one of training.</summary>
    public static IReadOnlyList<(BenchCase Case, string Pass)> Passes { get; } =
    [
        .. BenchCase.Read(ProjectFolder.Path("perf", "compare", "cases-gpu.txt")).SelectMany(test =>
            (test.Arguments.Contains("--memory") ? ["train"] : new[] { "train", "log-prob", "sample" })
                .Select(pass => (test, pass))),
    ];

    /// <summary>The names of the counts, as the interpreter gives them.</summary>
    public static string Names => Lines()[0];

    /// <summary>Does one thing with the model of a case.</summary>
    /// <param name="test">The case.</param>
    /// <param name="pass">What is done.</param>
    /// <param name="batch">How many images.</param>
    /// <param name="multiprocessors">Of the device.</param>
    /// <param name="skipKernels">Whether kernels are counted as launched and not run.</param>
    /// <returns>A line for each kernel: its name and its counts.</returns>
    public static IReadOnlyList<string> Of(
        BenchCase test, string pass, int batch = Few, int multiprocessors = Few, bool skipKernels = false)
    {
        BenchOptions options = new();
        Command command = new("bench");
        options.AddTo(command);
        ParseResult parse = command.Parse([.. WithOneStep(test.Arguments)]);
        string library = FakeCuda.Path;
        FakeCuda.Shrink(multiprocessors);
        using GpuDevice device = new GpuDrivers(library, "/nowhere/libOpenCL.so").Open("cuda:0");
        using GpuBackend backend = new(device, ownsDevice: false, parse.GetValue(options.Device.Precision));
        if (skipKernels)
        {
            FakeCuda.SkipKernels();
        }

        using Model model = TinyGlow.Perturbed(backend, (GlowOptions)options.Sizes(parse));
        model.BatchSize = batch;
        float[] images = TinyGlow.Images(model.Flow, batch);
        if (pass == "train")
        {
            // What follows from a device's memory is not counted.
            MemoryMode memory = parse.GetValue(options.Memory) ?? MemoryMode.Store;
            TrainerOptions training = new() { Batch = batch, Memory = memory, Seed = Seed };
            using Trainer trainer = new(model, training);
            trainer.Step(images);
            FakeCuda.CountAnew();
            trainer.Step(images);
        }
        else
        {
            Action run = pass == "sample" ? () => model.Sample(batch, 0.7, Seed) : () => model.LogProb(images);
            run();
            FakeCuda.CountAnew();
            run();
        }

        return Lines()[1..];
    }

    private static string[] Lines() => FakeCuda.Counts.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> WithOneStep(IReadOnlyList<string> arguments) =>
        arguments.Select((argument, i) => i > 0 && arguments[i - 1] == "--steps" ? "1" : argument);
}
