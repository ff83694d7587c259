using System.Globalization;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Benchmarks;

/// <summary>
/// What every kernel of a step of the reference model must do on a large GPU, and how long that takes at the rates named, as
/// the table in <c>perf/README.md</c>. Counted from the sizes the kernels are launched with; nothing is measured.
/// </summary>
internal static class GpuCountTable
{
    private const int Batch = 256;
    private const int Steps = 32;
    private const int Hidden = 512;
    private const double MemoryRate = 4.3e12;
    private const double CacheRate = 5.5e12;

    private static readonly GpuDeviceInfo _device =
        new(GpuRunner.Cuda, 0, "as an H100 or H200", 0, "compute capability 9.0", 132, 227 * 1024);

    private static readonly ImageShape[] _levels =
    [
        new(Batch, 16, 16, 12),
        new(Batch, 8, 8, 24),
        new(Batch, 4, 4, 48),
    ];

    /// <summary>Writes the table.</summary>
    public static void Write(TextWriter output)
    {
        output.WriteLine("| kernel, precision | 16x16x12 | 8x8x24 | 4x4x48 |");
        output.WriteLine("|---|---|---|---|");
        foreach (NetworkPrecision precision in Enum.GetValues<NetworkPrecision>())
        {
            IReadOnlyList<GpuWork>[] levels = [.. _levels.Select(level => Kernels(level, precision))];
            for (int kernel = 0; kernel < levels[0].Count; kernel++)
            {
                // What multiplies nothing is the same in every precision, but for the packed weights, half as long in bf16.
                if (levels[0][kernel].Operations == 0 && precision != NetworkPrecision.BFloat16)
                {
                    continue;
                }

                IEnumerable<string> cells = levels.Select(level => Cell(level[kernel], precision));
                string name = levels[0][kernel].Operations == 0 ? "all" : Name(precision);
                output.WriteLine($"| {levels[0][kernel].Name}, {name} | {string.Join(" | ", cells)} |");
            }

            int launches = Steps * levels.Sum(level => level.Sum(work => work.Launches));
            double step = Steps * levels.Sum(level => level.Sum(work => work.Launches * Seconds(work, precision)));
            double cached = Steps * levels.Sum(level => level.Sum(
                work => work.Launches * Math.Max(Seconds(work, precision), work.CacheBytes / CacheRate)));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| all of them {Steps} times, {Name(precision)} | {launches} launches, {step * 1e3:F1} ms; {cached * 1e3:F1} ms | | |"));
        }

        IEnumerable<string> unfused = _levels.Select(level => string.Create(
            CultureInfo.InvariantCulture, $"{Unfused(level).Forward / 1e6:F0} MB, {Unfused(level).Backward / 1e6:F0} MB"));
        output.WriteLine($"| network product by product, fp32: forward, backward | {string.Join(" | ", unfused)} |");
    }

    // A training step that recomputes: forward, then forward again, keeping what the backward pass reads, and backward.
    private static IReadOnlyList<GpuWork> Kernels(ImageShape image, NetworkPrecision precision)
    {
        var network = new PixelNetworkShape(image.Channels / 2, Hidden, image.Channels, true, false);
        var fused = new FusedNetwork(network, precision, _device);
        var space = new NetworkWorkspace(network, image.Pixels, precision);
        var layout = new PreparedNetwork(network, fused);
        double pixels = image.Pixels;
        double inputs = network.InputChannels;
        double outputs = network.OutputChannels;
        double kept = 2 * fused.HiddenWords;
        double weights = space.WeightsLength;
        double packed = fused.PackedWords(0, NetworkWeightKernels.Matrices);
        LaunchGrid grid = fused.Grid(image.Pixels);
        double rows = (double)grid.X * (fused.IsWide(image.Pixels) ? 64 : 32);
        double forward = 2 * rows * Multiplications(fused, precision, 0);
        double backward = 2 * rows * Multiplications(fused, precision, 3);
        WeightGradientKernels.Sizes sizes = space.Sizes;
        double tiles = WeightGradientKernels.TilesOf(sizes);
        double element = precision == NetworkPrecision.BFloat16 ? 2 : 4;
        double mapParts = pixels / PixelAffineKernels.PixelsPerPart * image.Channels * (image.Channels + 1);
        double operands = (kept * 2 * pixels) + space.PatchesLength + space.DTapsLength;
        return
        [
            Words("network forward", 1, forward, pixels * (inputs + (9 * outputs)), grid.X * (double)fused.PackedWords(0, 3)),
            Words(
                "network forward, kept", 1, forward, pixels * (inputs + (9 * outputs) + kept),
                grid.X * (double)fused.PackedWords(0, 3)),
            Words(
                "network backward", 1, backward,
                (pixels * (inputs + outputs + (2 * kept) + (9 * inputs))) + space.PatchesLength + space.DTapsLength
                    + ((double)space.BiasParts * space.BiasesLength),
                grid.X * (double)fused.PackedWords(3, 3)),
            Words(
                "weight gradients", 1, 2 * tiles * 128 * 128 * pixels, operands + (space.Slices * weights),
                tiles * 2 * 128 * pixels * element / 4),
            Words("their slices added", 1, 0, (space.Slices + 1) * weights, 0),
            Words("their scales", 3, 0, 4 * weights / 3, 0),
            Words("bias gradients added", 1, 0, (double)space.BiasParts * space.BiasesLength, 0),
            Words("patches scattered", 1, 0, pixels * 11 * inputs, 0),
            Words("scales folded into weights", 1, 0, 2 * weights, 0),
            Words("weights packed", 1, 0, packed + (2 * weights), 0),
            Words("border", 1, 0, layout.Length3, 0),
            Words("stage forward", 1, 0, pixels * ((9 * outputs) + (2 * image.Channels)), 0),
            Words("LogDet of the stage added", 1, 0, (pixels / PixelStageKernels.PixelsPerTile) + (2 * image.Batch), 0),
            Words("stage backward", 1, 0, pixels * ((9 * outputs) + (5 * image.Channels)), 0),
            Words("gradient of the map", 1, 0, (2 * pixels * image.Channels) + mapParts, 0),
            Words("its parts added", 1, 0, mapParts, 0),
            Words("map backward", 1, 0, 2 * pixels * image.Channels, 0),
        ];
    }

    // Words are of 4 bytes.
    private static GpuWork Words(string name, int launches, double operations, double words, double cacheWords) =>
        new(name, launches, operations, 4 * words, 4 * cacheWords);

    // Of a row of the chain of three products, padding included.
    private static double Multiplications(FusedNetwork fused, NetworkPrecision precision, int first) =>
        Enumerable.Range(first, 3).Sum(matrix =>
        {
            int depth = NetworkWeightKernels.DepthOf(matrix, fused.Sizes);
            int columns = NetworkWeightKernels.ColumnsOf(matrix, fused.Sizes);
            return (double)NetworkTile.Steps(depth, (int)precision) * NetworkTile.StepLength((int)precision)
                * NetworkProduct.BlocksOf(columns) * NetworkProduct.BlockColumns;
        });

    // Every array that passes through device memory, each time that it does.
    private static (double Forward, double Backward) Unfused(ImageShape image)
    {
        double inputs = image.Channels / 2;
        double outputs = image.Channels;
        double forward = inputs + (4 * Hidden) + (9 * outputs);
        double backward = (12 * Hidden) + (3 * outputs) + inputs + (20 * inputs);
        return (4 * image.Pixels * forward, 4 * image.Pixels * backward);
    }

    private static double Seconds(GpuWork work, NetworkPrecision precision) =>
        Math.Max(work.Operations / Rate(precision), work.Bytes / MemoryRate);

    private static double Rate(NetworkPrecision precision) => precision switch
    {
        NetworkPrecision.BFloat16 => 790e12,
        NetworkPrecision.TensorFloat32 => 395e12,
        _ => 60e12,
    };

    private static string Name(NetworkPrecision precision) => precision switch
    {
        NetworkPrecision.BFloat16 => "bf16",
        NetworkPrecision.TensorFloat32 => "tf32",
        _ => "fp32",
    };

    private static string Cell(GpuWork work, NetworkPrecision precision)
    {
        string operations = work.Operations > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{work.Operations / 1e9:F0} GFLOP, ")
            : "";
        string cache = work.CacheBytes > 0
            ? string.Create(
                CultureInfo.InvariantCulture, $"; {work.CacheBytes / 1e6:F0} MB, {work.CacheBytes / CacheRate * 1e6:F0} µs")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{operations}{work.Bytes / 1e6:F1} MB, {Seconds(work, precision) * 1e6:F1} µs{cache}");
    }
}
