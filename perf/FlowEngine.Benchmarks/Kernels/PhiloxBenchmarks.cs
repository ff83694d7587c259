using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>Random numbers, and the noise that makes grey levels continuous, for a batch of a level's shape.</summary>
public class PhiloxBenchmarks : BandwidthBenchmarks
{
    private const string Uniform = "uniform";
    private const string Normal = "normal";
    private const string Dequantize = "dequantize";

    private protected override IReadOnlyList<string> Passes { get; } = [Uniform, Normal, Dequantize];

    private protected override Operation Create(string pass, Arrays arrays, ModelShape shape)
    {
        const int Bins = 256;

        IBackend backend = arrays.Backend;
        PhiloxKey key = new(20_110_101, 1, 2);
        uint[] indices = [.. Enumerable.Range(0, shape.Image.Batch).Select(i => (uint)i)];
        byte[] levels = new byte[shape.Image.Length];
        new Random(1).NextBytes(levels);
        BufferView target = arrays.Zeros(shape.Image.Length);
        return pass switch
        {
            Uniform => new Operation(
                () => backend.PhiloxUniform(key, indices, shape.Image.Dims, target), target),
            Normal => new Operation(
                () => backend.PhiloxNormal(key, indices, shape.Image.Dims, target), target),
            _ => new Operation(() => backend.Dequantize(key, levels, indices, Bins, target), target),
        };
    }

    // All out; the levels in, one byte each.
    private protected override Work Count(string pass, ModelShape shape) =>
        new(0, (pass == Dequantize ? sizeof(float) + 1.0 : sizeof(float)) * shape.Image.Length);
}
