using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Compression;
using FlowEngine.Tests.Models;
using FlowEngine.Training;

namespace FlowEngine.Tests.Backends;

/// <summary>
/// Computations of the CPU backend whose every bit must be the same for any number of threads and on every instruction
/// set. To have another one checked, add it to <see cref="All"/>.
/// </summary>
internal static class BitDigests
{
    private static readonly ImageShape _shape = new(3, 20, 21, 12);

    /// <summary>The computations by name: each gives the numbers whose bits count.</summary>
    public static IReadOnlyList<(string Name, Func<CpuBackend, IEnumerable<float[]>> Compute)> All { get; } =
    [
        ("elementary functions", _ => ElementaryFunctions()),
        ("affine coupling", backend => Coupling(backend, CouplingKind.Affine)),
        ("additive coupling", backend => Coupling(backend, CouplingKind.Additive)),
        ("affine map of 6 channels", backend => PixelAffine(backend, _shape.WithChannels(6))),
        ("affine map of 12 channels", backend => PixelAffine(backend, _shape)),
        ("affine map of 50 channels", backend => PixelAffine(backend, new ImageShape(2, 5, 7, 50))),
        ("Gaussian", backend => Gaussian(backend, _shape.Batch)),
        ("Gaussian with a shared prior", backend => Gaussian(backend, 1)),
        ("sums over pixels", ChannelSums),
        ("random numbers", RandomNumbers),
        ("squeeze", Squeeze),
        ("pixel network of 80 channels", backend => PixelNetwork(backend, new ImageShape(3, 20, 21, 6), 80)),
        ("pixel network of 13 channels", backend => PixelNetwork(backend, new ImageShape(1, 3, 5, 4), 13)),
        ("pixel stage", PixelStage),
        ("zero convolution", ZeroConvolution),
        ("Glow trained in store", backend => Glow(backend, MemoryMode.Store)),
        ("Glow trained in invert", backend => Glow(backend, MemoryMode.Invert)),
        ("compressed images", CompressedImages),
        ("MAF", backend => Vectors(backend, TinyVectors.Maf(columns: 21, hidden: 50, batchNorm: true))),
        ("IAF", backend => Vectors(backend, TinyVectors.Iaf(columns: 21, hidden: 50, mixing: Mixing.Random))),
        ("NICE", backend => Vectors(backend, TinyVectors.Nice(columns: 21, hidden: 50))),
        ("dense Glow", backend => Vectors(backend, TinyVectors.DenseGlow(columns: 21, hidden: 50))),
        ("RealNVP", backend => Vectors(backend, TinyRealNvp.Options(height: 12, width: 20, hidden: 20))),
        ("Adam", backend => Optimizer(backend, OptimizerKind.Adam)),
        ("AdamW", backend => Optimizer(backend, OptimizerKind.AdamW)),
        ("Adamax", backend => Optimizer(backend, OptimizerKind.Adamax)),
    ];

    /// <summary>A SHA-256 of the bits of every computation, by name.</summary>
    public static Dictionary<string, string> Compute(int threads)
    {
        using var backend = new CpuBackend(threads);
        var digests = new Dictionary<string, string>();
        foreach ((string name, Func<CpuBackend, IEnumerable<float[]>> compute) in All)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (float[] values in compute(backend))
            {
                hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
            }

            digests.Add(name, Convert.ToHexString(hash.GetHashAndReset()));
        }

        return digests;
    }

    /// <summary>A file of compressed images, and what is read from it.</summary>
    private static IEnumerable<float[]> CompressedImages(CpuBackend backend)
    {
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options(height: 8, width: 12, channels: 3, bins: 200));
        byte[] images = CompressedFile.Levels(model.Flow, 200, 12);
        byte[] file = CompressedFile.Of(model, images, 4);
        yield return Array.ConvertAll(file, value => (float)value);
        yield return Array.ConvertAll(CompressedFile.Read(file, model), value => (float)value);
    }

    private static IEnumerable<float[]> ElementaryFunctions()
    {
        // Logarithmically spaced through all magnitudes, of both signs.
        float[] inputs = new float[4096];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = BitConverter.Int32BitsToSingle((i * 0x7f800) ^ (i << 31));
        }

        float[] results = new float[inputs.Length * 6];
        Span<float> to = results;
        for (int i = 0; i < inputs.Length; i += SimdMath.Width, to = to[(6 * SimdMath.Width)..])
        {
            Vector512<float> x = Vector512.LoadUnsafe(ref inputs[i]);
            Vector512<float> turns = Vector512.ConvertToSingle(
                (Vector512.Create(i * 4096) + (Vector512<int>.Indices * 257)) & Vector512.Create(0xffffff))
                * Vector512.Create(1f / (1 << 24));
            SimdMath.Exp(x).CopyTo(to);
            SimdMath.Log(Vector512.Abs(x)).CopyTo(to[16..]);
            SimdMath.Sigmoid(x).CopyTo(to[32..]);
            SimdMath.LogSigmoid(x).CopyTo(to[48..]);
            SimdMath.SinCosTurns(turns, out Vector512<float> cosine).CopyTo(to[64..]);
            cosine.CopyTo(to[80..]);
        }

        yield return results;
        yield return [.. inputs.Select(x => (float)SimdMath.Exp((double)x))];
    }

    private static IEnumerable<float[]> Coupling(CpuBackend backend, CouplingKind kind)
    {
        using var arrays = new Arrays(backend);
        long outputs = kind == CouplingKind.Affine ? _shape.Length : _shape.Length / 2;
        BufferView x = arrays.Random(_shape.Length);
        BufferView output = arrays.Random(outputs, 3);
        BufferView y = arrays.Zero(_shape.Length);
        BufferView logDet = arrays.Random(_shape.Batch);
        backend.CouplingForward(kind, _shape, x, output, y, logDet);
        yield return arrays.Read(y);
        yield return arrays.Read(logDet);
        BufferView inverse = arrays.Zero(_shape.Length);
        backend.CouplingInverse(kind, _shape, y, output, inverse);
        yield return arrays.Read(inverse);
        BufferView dy = arrays.Random(_shape.Length);
        BufferView dOutput = arrays.Zero(outputs);
        backend.CouplingBackward(kind, _shape, y, output, dy, logDet, dy, dOutput);
        yield return arrays.Read(dy);
        yield return arrays.Read(dOutput);
    }

    private static IEnumerable<float[]> PixelAffine(CpuBackend backend, ImageShape shape)
    {
        using var arrays = new Arrays(backend);
        int channels = shape.Channels;
        int square = channels * channels;
        PixelAffineParameters parameters = new(
            channels,
            arrays.Random(channels),
            arrays.Random(channels, 0.3),
            arrays.Random(square, 0.2),
            arrays.Random(square, 0.2),
            arrays.Random(channels, 0.3),
            arrays.Values([.. Enumerable.Range(0, channels).Select(c => c % 3 == 0 ? -1f : 1f)]),
            arrays.Values([.. Enumerable.Range(0, channels).Select(c => (float)((c + 5) % channels))]));
        PixelAffineMap map = new(channels, arrays.Zero(PixelAffineMap.LengthFor(channels)));
        backend.PixelAffine.Assemble(parameters, map, inverse: true);
        yield return arrays.Read(map.Storage);
        BufferView x = arrays.Random(shape.Length);
        BufferView y = arrays.Zero(shape.Length);
        BufferView logDet = arrays.Random(shape.Batch);
        backend.PixelAffine.Forward(shape, map, x, y, logDet);
        yield return arrays.Read(y);
        yield return arrays.Read(logDet);
        backend.PixelAffine.Inverse(shape, map, y, y);
        yield return arrays.Read(y);
        BufferView dy = arrays.Random(shape.Length);
        BufferView dMatrix = arrays.Zero(square);
        BufferView dOffset = arrays.Zero(channels);
        BufferView workspace = arrays.Zero(backend.PixelAffine.WorkspaceLength(shape));
        backend.PixelAffine.Backward(shape, map, x, dy, dy, dMatrix, dOffset, workspace);
        yield return arrays.Read(dy);
        yield return arrays.Read(dMatrix);
        yield return arrays.Read(dOffset);
        PixelAffineParameters gradients = new(
            channels,
            arrays.Random(channels),
            arrays.Random(channels),
            arrays.Random(square),
            arrays.Random(square),
            arrays.Random(channels),
            default,
            default);
        backend.PixelAffine.AssembleBackward(
            parameters, shape.PixelsPerImage, dMatrix, dOffset, logDet, gradients);
        yield return arrays.Read(gradients.Bias);
        yield return arrays.Read(gradients.LogScale);
        yield return arrays.Read(gradients.Lower);
        yield return arrays.Read(gradients.Upper);
        yield return arrays.Read(gradients.LogDiagonal);
    }

    private static IEnumerable<float[]> Gaussian(CpuBackend backend, int priorBatch)
    {
        using var arrays = new Arrays(backend);
        BufferView z = arrays.Random(_shape.Length);
        BufferView prior = arrays.Random(2L * priorBatch * _shape.Dims);
        BufferView logProb = arrays.Random(_shape.Batch);
        BufferView dPrior = arrays.Zero(prior.Length);
        BufferView other = arrays.Zero(_shape.Length);
        backend.GaussianLogProb(_shape, z, prior, priorBatch, logProb);
        yield return arrays.Read(logProb);
        backend.GaussianBackward(_shape, z, prior, priorBatch, logProb, other, dPrior);
        yield return arrays.Read(other);
        yield return arrays.Read(dPrior);
        backend.GaussianStandardize(_shape, z, prior, priorBatch, other);
        yield return arrays.Read(other);
        backend.GaussianSample(_shape, other, prior, priorBatch, 0.7, z);
        yield return arrays.Read(z);
    }

    private static IEnumerable<float[]> ChannelSums(CpuBackend backend)
    {
        using var arrays = new Arrays(backend);
        ImageShape shape = _shape.WithChannels(22);
        BufferView x = arrays.Random(shape.Length);
        BufferView sums = arrays.Random(shape.Channels);
        BufferView mean = arrays.Zero(shape.Channels);
        BufferView deviation = arrays.Zero(shape.Channels);
        backend.SumChannels(shape, x, sums);
        backend.ActNormStatistics(shape, x, mean, deviation);
        yield return arrays.Read(sums);
        yield return arrays.Read(mean);
        yield return arrays.Read(deviation);
    }

    private static IEnumerable<float[]> RandomNumbers(CpuBackend backend)
    {
        using var arrays = new Arrays(backend);
        const int Elements = 5001;
        PhiloxKey key = new(0x0123456789abcdef, 3, 7);
        uint[] indices = [5, 0, uint.MaxValue];
        BufferView numbers = arrays.Zero(Elements * indices.Length);
        backend.PhiloxUniform(key, indices, Elements, numbers);
        yield return arrays.Read(numbers);
        backend.PhiloxNormal(key, indices, Elements, numbers);
        yield return arrays.Read(numbers);
        byte[] levels = new byte[Elements * indices.Length];
        new Random(1).NextBytes(levels);
        backend.Dequantize(key, levels, indices, 256, numbers);
        yield return arrays.Read(numbers);
    }

    private static IEnumerable<float[]> Squeeze(CpuBackend backend)
    {
        using var arrays = new Arrays(backend);
        ImageShape shape = new(3, 6, 10, 5);
        BufferView x = arrays.Random(shape.Length);
        BufferView y = arrays.Zero(shape.Length);
        backend.SqueezeForward(shape, x, y);
        yield return arrays.Read(y);
        backend.SqueezeInverse(shape, x, y);
        yield return arrays.Read(y);
    }

    private static IEnumerable<float[]> Optimizer(CpuBackend backend, OptimizerKind kind)
    {
        using var arrays = new Arrays(backend);
        const int Length = 40_003;
        BufferView parameters = arrays.Random(Length);
        BufferView gradients = arrays.Random(Length);
        BufferView moment1 = arrays.Zero(Length);
        BufferView moment2 = arrays.Zero(Length);
        BufferView average = arrays.Random(Length);
        BufferView rate = arrays.Zero(1);
        BufferView densities = arrays.Random(50);
        OptimizerProgress progress = new(2, arrays.Zero((int)OptimizerProgress.LengthFor(2)));
        OptimizerSettings settings = new(kind, 0.9, 0.999, 1e-8, 1e-2, 10, 0.999);
        backend.Fill(rate, 1e-3);
        backend.SumOfSquares(gradients, progress.SumOfSquares);
        for (int step = 1; step <= 3; step++)
        {
            backend.OptimizerStep(
                settings, rate, densities, densities, progress, parameters, gradients, moment1, moment2, average);
        }

        yield return arrays.Read(progress.Storage);
        yield return arrays.Read(parameters);
        yield return arrays.Read(moment1);
        yield return arrays.Read(moment2);
        yield return arrays.Read(average);
    }

    private static IEnumerable<float[]> PixelNetwork(CpuBackend backend, ImageShape image, int hidden)
    {
        using var arrays = new Arrays(backend);
        PixelNetworkShape network = new(image.Channels / 2, hidden, image.Channels, true, true);
        var runs = (IPixelNetwork)backend.GetNetwork(network);
        BufferView parameters = arrays.Parameters(network, 0.2);
        BufferView gradientArray = arrays.Parameters(network, 0.2);
        NetworkWeights weights = new(parameters, arrays.Zero(runs.PreparedLength(backward: true)), gradientArray);
        var gradients = PixelNetworkParameters.Of(network, gradientArray);
        BufferView kept = arrays.Zero(runs.KeptLength(image));
        BufferView workspace = arrays.Zero(runs.WorkspaceLength(image, backward: true));
        BufferView x = arrays.Random(image.Length);
        BufferView output = arrays.Zero(image.Length);
        runs.Prepare(weights);
        runs.Forward(image, weights, x, output, default, workspace);
        yield return arrays.Read(output);
        BufferView dx = arrays.Random(image.Length);
        runs.ForwardToTaps(image, weights, x, kept, workspace);
        runs.Backward(image, weights, x, kept, output, dx, workspace);
        yield return arrays.Read(dx);
        yield return arrays.Read(gradients.Weight1);
        yield return arrays.Read(gradients.Bias1);
        yield return arrays.Read(gradients.LogScale1);
        yield return arrays.Read(gradients.Weight2);
        yield return arrays.Read(gradients.Bias2);
        yield return arrays.Read(gradients.LogScale2);
        yield return arrays.Read(gradients.Weight3);
        yield return arrays.Read(gradients.Bias3);
        yield return arrays.Read(gradients.LogScale3);
        BufferView mean = arrays.Zero(hidden);
        BufferView deviation = arrays.Zero(hidden);
        runs.Statistics(image, weights, x, 2, mean, deviation, kept, workspace);
        yield return arrays.Read(mean);
        yield return arrays.Read(deviation);
    }

    private static IEnumerable<float[]> PixelStage(CpuBackend backend)
    {
        using var arrays = new Arrays(backend);
        PixelNetworkShape network = new(_shape.Channels / 2, 20, _shape.Channels, true, true);
        var runs = (IPixelNetwork)backend.GetNetwork(network);
        IPixelStage stage = runs.Stage(CouplingKind.Affine);
        BufferView prepared = arrays.Zero(runs.PreparedLength(backward: true));
        BufferView workspace = arrays.Zero(runs.WorkspaceLength(_shape, backward: false));
        BufferView x = arrays.Random(_shape.Length);
        PixelAffineMap map = new(_shape.Channels, arrays.Random(PixelAffineMap.LengthFor(_shape.Channels), 0.3));
        NetworkWeights weights = new(arrays.Parameters(network, 0.2), prepared);
        runs.Prepare(weights);
        BufferView taps = runs.ForwardToTaps(_shape, weights, x, default, workspace);
        BufferView y = arrays.Zero(_shape.Length);
        BufferView output = arrays.Zero(_shape.Length);
        BufferView coupled = arrays.Zero(_shape.Length);
        BufferView logDet = arrays.Random(_shape.Batch);
        stage.Forward(_shape, weights, taps, x, map, output, coupled, y, logDet);
        yield return arrays.Read(y);
        yield return arrays.Read(output);
        yield return arrays.Read(coupled);
        yield return arrays.Read(logDet);
        stage.Inverse(_shape, weights, taps, x, map, y);
        yield return arrays.Read(y);
        BufferView dy = arrays.Random(_shape.Length);
        stage.Backward(_shape, weights, taps, x, map, dy, logDet, y, dy, output);
        yield return arrays.Read(y);
        yield return arrays.Read(dy);
        yield return arrays.Read(output);
    }

    private static IEnumerable<float[]> ZeroConvolution(CpuBackend backend)
    {
        using var arrays = new Arrays(backend);
        ZeroConvolutionShape convolution = new(_shape.Channels, 10, OutsideReadsOne: true);
        INetwork runs = backend.GetNetwork(convolution);
        BufferView parameters = arrays.Parameters(convolution, 0.2, 1, 0.2);
        NetworkWeights weights = new(parameters, default, arrays.Parameters(convolution, 1));
        var gradients = ZeroConvolutionParameters.Of(convolution, weights.Gradients);
        BufferView workspace = arrays.Zero(runs.WorkspaceLength(_shape, backward: true));
        BufferView x = arrays.Random(_shape.Length);
        BufferView output = arrays.Zero(_shape.WithChannels(convolution.OutputChannels).Length);
        runs.Forward(_shape, weights, x, output, default, workspace);
        yield return arrays.Read(output);
        BufferView dx = arrays.Random(_shape.Length);
        runs.Backward(_shape, weights, x, default, output, dx, workspace);
        yield return arrays.Read(dx);
        yield return arrays.Read(gradients.Weight);
        yield return arrays.Read(gradients.Bias);
        yield return arrays.Read(gradients.LogScale);
    }

    /// <summary>Densities, samples and an update.</summary>
    private static IEnumerable<float[]> Vectors(CpuBackend backend, IModelOptions options)
    {
        using Model model = TinyGlow.Perturbed(backend, options);
        float[] rows = TinyGlow.Images(model.Flow, 70);
        yield return [.. model.LogProb(rows).Select(value => (float)value)];
        yield return model.Sample(35, 0.8, seed: 1);
        using Trainer trainer = new(model, new TrainerOptions { Batch = 70, WarmupSamples = 0 });
        trainer.Step(rows);
        trainer.Step(rows);
        yield return [.. TinyGlow.Read(backend, model.Weights).Select(value => (float)value)];
    }

    private static IEnumerable<float[]> Glow(CpuBackend backend, MemoryMode memory)
    {
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        yield return [.. model.LogProb(TinyGlow.Images(model.Flow, 5)).Select(value => (float)value)];
        using Trainer trainer = TinyGlow.Train(model, new TrainerOptions { Batch = 16, Memory = memory }, 3);
        yield return [.. TinyGlow.Read(backend, model.Weights).Select(value => (float)value)];
    }

    /// <summary>Seeded arrays in the backend's memory.</summary>
    private sealed class Arrays(CpuBackend backend) : IDisposable
    {
        private readonly List<DeviceBuffer> _buffers = [];
        private readonly Random _random = new(20_18);

        public BufferView Zero(long length)
        {
            DeviceBuffer buffer = backend.Allocate(length);
            _buffers.Add(buffer);
            return buffer.View;
        }

        public BufferView Values(float[] values)
        {
            BufferView view = Zero(values.Length);
            backend.Write(values, view);
            return view;
        }

        public BufferView Random(long length, double scale = 1)
        {
            float[] values = new float[length];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(scale * ((2 * _random.NextDouble()) - 1));
            }

            return Values(values);
        }

        /// <summary>Parameters of a network one after the other, of one scale or of one each.</summary>
        public BufferView Parameters(NetworkShape shape, params ReadOnlySpan<double> scales)
        {
            BufferView array = Zero(shape.ParametersLength);
            var parts = new ParameterParts(array);
            int next = 0;
            foreach (NetworkParameter parameter in shape.Parameters)
            {
                double scale = scales[Math.Min(next++, scales.Length - 1)];
                backend.Copy(Random(parameter.Length, scale), parts.Take(parameter.Length));
            }

            return array;
        }

        public float[] Read(BufferView view)
        {
            float[] values = new float[view.Length];
            backend.Read(view, values.AsSpan());
            return values;
        }

        public void Dispose()
        {
            foreach (DeviceBuffer buffer in _buffers)
            {
                buffer.Dispose();
            }
        }
    }
}
