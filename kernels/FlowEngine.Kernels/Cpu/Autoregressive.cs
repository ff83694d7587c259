using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// The elementwise map: lane = element mod 16, LogDet as <see cref="ImageChunks.OfElements"/> divides an image. The
/// sequential passes: lanes are rows, a part is a panel of 32.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.AutoregressiveNormalize"/>
    public void AutoregressiveNormalize(
        ImageShape shape, BufferView x, BufferView output, BufferView y, BufferView logDet)
    {
        NormalizeJob job = new()
        {
            Dims = shape.Dims,
            X = Pointer(x, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Y = Pointer(y, shape.Length),
        };
        SumImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job, -1, 0, Pointer(logDet, shape.Batch));
    }

    /// <inheritdoc cref="IBackend.AutoregressiveDenormalize"/>
    public void AutoregressiveDenormalize(ImageShape shape, BufferView y, BufferView output, BufferView x)
    {
        NormalizeJob job = new()
        {
            Dims = shape.Dims,
            X = Pointer(y, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Y = Pointer(x, shape.Length),
            Inverse = true,
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    /// <inheritdoc cref="IBackend.AutoregressiveBackward"/>
    public void AutoregressiveBackward(
        ImageShape shape,
        BufferView y,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput)
    {
        NormalizeBackwardJob job = new()
        {
            Dims = shape.Dims,
            Y = Pointer(y, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Dy = Pointer(dy, shape.Length),
            DLogDet = Pointer(dLogDet, shape.Batch),
            Dx = Pointer(dx, shape.Length),
            DOutput = Pointer(dOutput, 2 * shape.Length),
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    /// <inheritdoc cref="IBackend.AutoregressiveSolveWorkspaceLength"/>
    public long AutoregressiveSolveWorkspaceLength(DenseNetworkShape network, int rows)
    {
        DenseNetworkLayout layout = new(network);
        return (Threads * AutoregressiveSolveBackwardJob.WorkerLength(layout)) + network.ParametersLength;
    }

    /// <inheritdoc cref="IBackend.AutoregressiveSolve"/>
    public void AutoregressiveSolve(
        DenseNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView condition,
        bool normalize,
        BufferView known,
        BufferView found,
        BufferView output,
        BufferView workspace)
    {
        DenseNetworkLayout layout = new(network);
        AutoregressiveSolveJob job = new()
        {
            Layout = layout,
            Shape = shape,
            Prepared = Pointer(prepared, layout.PreparedLength),
            Condition = network.Conditions > 0 ? Pointer(condition, (long)shape.Batch * network.Conditions) : null,
            Normalize = normalize,
            Known = Pointer(known, shape.Length),
            Found = Pointer(found, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Scratch = Pointer(workspace, Threads * AutoregressiveSolveJob.WorkerLength(layout)),
        };
        _team.Run(StripProduct.Panels(shape.Batch), job);
    }

    /// <inheritdoc cref="IBackend.AutoregressiveSolveBackward"/>
    public void AutoregressiveSolveBackward(
        DenseNetworkShape network,
        ImageShape shape,
        BufferView prepared,
        BufferView y,
        BufferView output,
        BufferView kept,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput,
        BufferView workspace)
    {
        DenseNetworkLayout layout = new(network);
        float* weights = Pointer(prepared, layout.PreparedLength);
        float* scratch = Pointer(workspace, AutoregressiveSolveWorkspaceLength(network, shape.Batch));
        float* columns = scratch + (Threads * AutoregressiveSolveBackwardJob.WorkerLength(layout));
        for (int layer = 0; layer < network.Layers; layer++)
        {
            Transposition turn = new(
                weights + layout.At(layer).Rows,
                network.OutputsOf(layer),
                network.InputsOf(layer),
                columns + network.WeightOffset(layer));
            _team.Run(turn.Parts, turn);
        }

        AutoregressiveSolveBackwardJob job = new()
        {
            Layout = layout,
            Shape = shape,
            Columns = columns,
            Y = Pointer(y, shape.Length),
            Output = Pointer(output, 2 * shape.Length),
            Kept = Pointer(kept, DenseNetworkKeptLength(network, shape.Batch)),
            Dy = Pointer(dy, shape.Length),
            DLogDet = Pointer(dLogDet, shape.Batch),
            Dx = Pointer(dx, shape.Length),
            DOutput = Pointer(dOutput, 2 * shape.Length),
            Scratch = scratch,
        };
        _team.Run(StripProduct.Panels(shape.Batch), job);
    }

    /// <summary>Parts (m, r) of up to 16 dimensions; lanes past the last are 0.</summary>
    private static void LoadPairs(float* pairs, int count, out Vector512<float> mean, out Vector512<float> raw)
    {
        float* parted = stackalloc float[2 * SimdMath.Width];
        new Span<float>(parted, 2 * SimdMath.Width).Clear();
        for (int i = 0; i < Math.Min(count, SimdMath.Width); i++)
        {
            parted[i] = pairs[2 * i];
            parted[SimdMath.Width + i] = pairs[(2 * i) + 1];
        }

        mean = Vector512.Load(parted);
        raw = Vector512.Load(parted + SimdMath.Width);
    }

    private static void StorePairs(Vector512<float> mean, Vector512<float> raw, int count, float* pairs)
    {
        float* parted = stackalloc float[2 * SimdMath.Width];
        mean.Store(parted);
        raw.Store(parted + SimdMath.Width);
        for (int i = 0; i < Math.Min(count, SimdMath.Width); i++)
        {
            pairs[2 * i] = parted[i];
            pairs[(2 * i) + 1] = parted[SimdMath.Width + i];
        }
    }

    private struct NormalizeJob : IImageJob
    {
        public int Dims;
        public float* X;
        public float* Output;
        public float* Y;
        public bool Inverse;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            LaneSum sum = default;
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                LoadPairs(Output + (2 * (at + i)), count - i, out Vector512<float> mean, out Vector512<float> raw);
                Vector512<float> x = Lanes.Load(X + at + i, count - i);
                Vector512<float> y = Inverse
                    ? AutoregressiveLanes.Denormalize(x, mean, raw)
                    : AutoregressiveLanes.Normalize(x, mean, raw);
                Lanes.Store(y, Y + at + i, count - i);
                sum.Add(AutoregressiveLanes.LogScale(raw));
            }

            return sum.Total();
        }
    }

    private struct NormalizeBackwardJob : IImageJob
    {
        public int Dims;
        public float* Y;
        public float* Output;
        public float* Dy;
        public float* DLogDet;
        public float* Dx;
        public float* DOutput;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            long at = ((long)image * Dims) + start;
            Vector512<float> dLogDet = Vector512.Create(DLogDet[image]);
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                LoadPairs(Output + (2 * (at + i)), count - i, out _, out Vector512<float> raw);
                Vector512<float> dx = AutoregressiveLanes.Backward(
                    Lanes.Load(Y + at + i, count - i),
                    raw,
                    Lanes.Load(Dy + at + i, count - i),
                    dLogDet,
                    out Vector512<float> dRaw);
                Lanes.Store(dx, Dx + at + i, count - i);
                StorePairs(-dx, dRaw, count - i, DOutput + (2 * (at + i)));
            }

            return 0;
        }
    }
}
