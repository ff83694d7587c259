using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Settings;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary><c>flow bench</c>: how fast training, densities and samples are, beside the machine's peak.</summary>
/// <remarks>
/// Random data and weights, a warm-up of some updates, medians over repeats. What is timed ends when its results have been
/// read, so on a GPU when the device is done.
/// </remarks>
internal static class BenchCommand
{
    private const int WarmupUpdates = 3;
    private const int FewestRepeats = 3;
    private const int BatchesOfData = 4;

    // Training, densities of a batch and of one image, samples: about as long each.
    private const int Measured = 4;

    public static Command Build()
    {
        BenchOptions options = new();
        Command command = new("bench", "Measures training, log-probabilities and sampling on this machine.");
        options.AddTo(command);
        command.SetAction(parse => Run(options, parse));
        return command;
    }

    private static int Run(BenchOptions options, ParseResult parse)
    {
        double seconds = parse.GetValue(options.Seconds);
        if (!(seconds > 0 && seconds <= 3600))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                FormattableString.Invariant($"seconds is {seconds}, expected a positive number up to 3600"));
        }

        TrainerOptions training = new()
        {
            Batch = parse.GetValue(options.Batch),
            Memory = parse.GetValue(options.Memory),
            Seed = parse.GetValue(options.Seed),
        };
        training.Validate();
        IModelOptions sizes = options.Sizes(parse);
        using IBackend backend = options.Device.Open(parse);
        int threads = parse.GetValue(options.Device.Threads) is > 0 and int given ? given : Environment.ProcessorCount;
        JsonObject report = WaitLine.During(parse, "measuring", told => Measure(sizes, training, backend, threads, seconds, told));
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(options.Json))
        {
            output.WriteLine(report.ToJsonString());
            return 0;
        }

        foreach ((string name, JsonNode? value) in report)
        {
            output.WriteLine($"{name,-26} {value}");
        }

        return 0;
    }

    private static JsonObject Measure(
        IModelOptions sizes, TrainerOptions training, IBackend backend, int threads, double seconds, Action<long, long> told)
    {
        int batch = training.Batch;
        bool isHost = !backend.IsQueued;
        double peak = isHost ? CpuPeak.MeasureGflops(threads) : double.NaN;
        ImageDataset data = RandomImages(sizes, batch * BatchesOfData, (int)training.Seed);
        ModelConfig config = new(sizes, IsInitialized: false, DataSchema.AsIs(data.Name, sizes));
        using Model model = Model.Create(config, backend, training.Seed);
        model.BatchSize = batch;
        using Trainer trainer = new(model, data, training);
        trainer.Initialize();

        // The zero convolutions are zero no more after these, the code is compiled, and what can be recorded is.
        for (int i = 0; i < WarmupUpdates; i++)
        {
            trainer.Step();
        }

        int together = trainer.Options.ReadEvery ?? 1;
        double step = Median(seconds, () => trainer.Steps(together)) / together;
        told(1, Measured);
        long allocated = AllocatedBy(trainer);

        // Densities read levels of noise: what the numbers are does not change the work.
        float[] images = [.. Enumerable.Range(0, batch).SelectMany(i => data[i].ToArray())
            .Select(level => (level + 0.5f) / data.Bins - 0.5f)];
        float[] one = images[..model.Flow.Dims];
        for (int i = 0; i < WarmupUpdates; i++)
        {
            model.LogProb(images);
            model.LogProb(one);
            model.Sample(batch, 0.7, training.Seed);
        }

        double logProb = Median(seconds, () => model.LogProb(images));
        told(2, Measured);
        double latency = Median(seconds, () => model.LogProb(one));
        told(3, Measured);
        double sample = Median(seconds, () => model.Sample(batch, 0.7, training.Seed));
        peak = isHost ? Math.Max(peak, CpuPeak.MeasureGflops(threads)) : peak;

        double forward = model.Flow.ForwardFlops * 1e-9 * batch;
        double train = forward * (trainer.Memory == MemoryMode.Store ? 3 : 4) / step;
        using Process process = Process.GetCurrentProcess();
        DeviceMemory memory = backend.Memory;
        JsonObject report = new()
        {
            ["train_images_per_s"] = batch / step,
            ["log_prob_images_per_s"] = batch / logProb,
            ["log_prob_latency_b1_s"] = latency,
            ["sample_images_per_s"] = batch / sample,
            ["peak_rss_bytes"] = process.PeakWorkingSet64,
            ["managed_bytes_per_step"] = allocated,
            ["train_gflops"] = train,
            ["log_prob_gflops"] = forward / logProb,
            ["forward_gflop_per_image"] = forward / batch,
            ["parameters"] = model.Flow.Parameters.Count,
            ["model"] = sizes.Kind.Name,
        };
        AddSizes(sizes, report);
        report["size"] = sizes.Height;
        report["channels"] = sizes.Channels;
        report["batch"] = batch;
        report["memory"] = CommandOptions.NameOf(trainer.Memory);
        report["device"] = backend.Name;
        report["precision"] = PrecisionNames.Of(backend.NetworkPrecision);
        report["read_every"] = together;
        report["threads"] = threads;
        report["machine"] = Processor.Describe();
        if (isHost)
        {
            report["fma_peak_gflops"] = peak;
            report["train_share_of_peak"] = train / peak;
            report["log_prob_share_of_peak"] = forward / logProb / peak;
        }
        else
        {
            // The driver's own use and other programs' among it.
            report["device_memory_used_bytes"] = memory.TotalBytes - memory.FreeBytes;
            report["device_memory_bytes"] = memory.TotalBytes;
        }

        return report;
    }

    private static void AddSizes(IModelOptions sizes, JsonObject report)
    {
        foreach (Setting setting in sizes.Kind.Settings.Where(setting => !setting.IsOfData))
        {
            report[setting.Name] = setting.Get(sizes) is int number
                ? number
                : setting.Text(setting.Get(sizes));
        }
    }

    private static ImageDataset RandomImages(IModelOptions sizes, int count, int seed)
    {
        Random random = new(seed);
        byte[][] images = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            images[i] = new byte[sizes.Dims];
            random.NextBytes(images[i]);
        }

        return new ImageDataset("noise", sizes.Height, sizes.Width, sizes.Channels, sizes.Bins!.Value, images);
    }

    /// <summary>Managed bytes of one update; no timing runs beside it, so nothing else allocates.</summary>
    private static long AllocatedBy(Trainer trainer)
    {
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < BatchesOfData; i++)
        {
            trainer.Step();
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / BatchesOfData;
    }

    /// <summary>The median time of an action repeated for some seconds.</summary>
    private static double Median(double seconds, Action action)
    {
        List<double> times = [];
        long begin = Stopwatch.GetTimestamp();
        while (times.Count < FewestRepeats || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }
}
