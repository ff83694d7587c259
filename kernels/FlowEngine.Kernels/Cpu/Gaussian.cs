using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// An image is one row of P·C elements, lane = element mod 16. The prior's (m, q), interleaved by pixel, is laid beside
/// it 1024 elements at a time. LogProb adds up 16 float64 lanes for each chunk (<see cref="ImageChunks.OfElements"/>)
/// and the chunks in order.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    private const int PriorBlock = 1024;
    private const double LnTwoPi = 1.8378770664093454835606594728112;

    /// <summary>What one element of an image and its prior give: a part of the image's sum, or an element of y.</summary>
    private interface IPriorOperation
    {
        static abstract bool IsSum { get; }

        Vector512<float> Invoke(Vector512<float> x, Vector512<float> mean, Vector512<float> logScale);
    }

    /// <inheritdoc cref="IBackend.GaussianLogProb"/>
    public void GaussianLogProb(ImageShape shape, BufferView z, BufferView prior, int priorBatch, BufferView logProb)
    {
        PriorJob<DensityOperation> job = new() { X = Pointer(z, shape.Length), Prior = PriorOf(shape, prior, priorBatch) };
        ImageChunks chunks = ImageChunks.OfElements(shape.Dims);
        SumImages(shape.Batch, chunks, job, -0.5, -0.5 * LnTwoPi * shape.Dims, Pointer(logProb, shape.Batch));
    }

    /// <inheritdoc cref="IBackend.GaussianBackward"/>
    public void GaussianBackward(
        ImageShape shape,
        BufferView z,
        BufferView prior,
        int priorBatch,
        BufferView dLogProb,
        BufferView dz,
        BufferView dPrior)
    {
        GaussianBackwardJob job = new()
        {
            Z = Pointer(z, shape.Length),
            Prior = PriorOf(shape, prior, priorBatch),
            DLogProb = Pointer(dLogProb, shape.Batch),
            Dz = Pointer(dz, shape.Length),
            DPrior = PriorOf(shape, dPrior, priorBatch),
        };
        if (job.Prior.IsShared)
        {
            job.Batch = shape.Batch;
            _team.Run((shape.Dims + PriorBlock - 1) / PriorBlock, job);
        }
        else
        {
            ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
        }
    }

    /// <inheritdoc cref="IBackend.GaussianSample"/>
    public void GaussianSample(
        ImageShape shape, BufferView noise, BufferView prior, int priorBatch, double temperature, BufferView z) =>
        MapWithPrior(shape, noise, prior, priorBatch, z, new SampleOperation { Temperature = (float)temperature });

    /// <inheritdoc cref="IBackend.GaussianStandardize"/>
    public void GaussianStandardize(
        ImageShape shape, BufferView z, BufferView prior, int priorBatch, BufferView noise) =>
        MapWithPrior(shape, z, prior, priorBatch, noise, default(StandardizeOperation));

    /// <inheritdoc cref="IBackend.SumChannels"/>
    public void SumChannels(ImageShape shape, BufferView x, BufferView sums) =>
        _team.Run(
            (shape.Channels + SimdMath.Width - 1) / SimdMath.Width,
            new SumChannelsJob
            {
                X = new ChannelColumns(Pointer(x, shape.Length), shape.Pixels, shape.Channels),
                Sums = Pointer(sums, shape.Channels),
            });

    private static PriorRows PriorOf(ImageShape shape, BufferView prior, int priorBatch)
    {
        if (priorBatch != 1)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(priorBatch, shape.Batch);
        }

        return new PriorRows(
            Pointer(prior, 2L * priorBatch * shape.Dims), shape.Channels, shape.Dims, priorBatch != shape.Batch);
    }

    private void MapWithPrior<TOperation>(
        ImageShape shape, BufferView x, BufferView prior, int priorBatch, BufferView y, TOperation operation)
        where TOperation : struct, IPriorOperation
    {
        PriorJob<TOperation> job = new()
        {
            Operation = operation,
            X = Pointer(x, shape.Length),
            Prior = PriorOf(shape, prior, priorBatch),
            Y = Pointer(y, shape.Length),
        };
        ForImages(shape.Batch, ImageChunks.OfElements(shape.Dims), job);
    }

    /// <summary>(priorBatch, H, W, 2C), read and written by elements of the image.</summary>
    private readonly struct PriorRows(float* values, int channels, int elements, bool isShared)
    {
        /// <summary>True if one prior serves a batch of several images.</summary>
        public bool IsShared { get; } = isShared;

        public int Elements => elements;

        /// <summary>Lays m and q of some elements beside each other, 0 up to a multiple of 16.</summary>
        public void Read(int image, int start, int count, float* mean, float* logScale)
        {
            float* row = Row(image, start, out int channel);
            int done = 0;
            while (done < count)
            {
                int run = Math.Min(channels - channel, count - done);
                Copy(row + channel, mean + done, run);
                Copy(row + channels + channel, logScale + done, run);
                done += run;
                row += 2 * channels;
                channel = 0;
            }

            for (; done % SimdMath.Width != 0; done++)
            {
                mean[done] = 0;
                logScale[done] = 0;
            }
        }

        /// <summary>The inverse of <see cref="Read"/>.</summary>
        public void Write(int image, int start, int count, float* mean, float* logScale)
        {
            float* row = Row(image, start, out int channel);
            int done = 0;
            while (done < count)
            {
                int run = Math.Min(channels - channel, count - done);
                Copy(mean + done, row + channel, run);
                Copy(logScale + done, row + channels + channel, run);
                done += run;
                row += 2 * channels;
                channel = 0;
            }
        }

        private static void Copy(float* from, float* to, int count)
        {
            for (; count >= SimdMath.Width; count -= SimdMath.Width)
            {
                Vector512.Load(from).Store(to);
                from += SimdMath.Width;
                to += SimdMath.Width;
            }

            for (int i = 0; i < count; i++)
            {
                to[i] = from[i];
            }
        }

        private float* Row(int image, int start, out int channel)
        {
            long pixel = start / channels;
            channel = start % channels;
            return values + (IsShared ? 0 : 2L * image * elements) + (2 * pixel * channels);
        }
    }

    /// <remarks>
    /// With a prior of its own for each image, a part is a chunk of an image. With a shared one, a part is a block of
    /// elements of all images, and their gradients are added in float64 in the order of the batch.
    /// </remarks>
    private struct GaussianBackwardJob : IImageJob, IJob
    {
        public float* Z;
        public PriorRows Prior;
        public float* DLogProb;
        public float* Dz;
        public PriorRows DPrior;
        public int Batch;

        public readonly double Invoke(int image, int start, int count, int worker)
        {
            float* mean = stackalloc float[4 * PriorBlock];
            float* logScale = mean + PriorBlock;
            float* dMean = logScale + PriorBlock;
            float* dLogScale = dMean + PriorBlock;
            for (int end = start + count; start < end; start += PriorBlock)
            {
                int length = Math.Min(PriorBlock, end - start);
                Prior.Read(image, start, length, mean, logScale);
                for (int i = 0; i < length; i += SimdMath.Width)
                {
                    Vector512<float> dq = Gradients(
                        image, start + i, length - i, mean + i, logScale + i, out Vector512<float> dm);
                    dm.Store(dMean + i);
                    dq.Store(dLogScale + i);
                }

                DPrior.Write(image, start, length, dMean, dLogScale);
            }

            return 0;
        }

        public readonly void Invoke(int index, int worker)
        {
            int start = index * PriorBlock;
            int length = Math.Min(PriorBlock, Prior.Elements - start);
            float* mean = stackalloc float[2 * PriorBlock];
            float* logScale = mean + PriorBlock;
            LaneSums* sums = stackalloc LaneSums[PriorBlock / SimdMath.Width];
            Prior.Read(0, start, length, mean, logScale);
            for (int b = 0; b < Batch; b++)
            {
                LaneSums* sum = sums;
                for (int i = 0; i < length; i += SimdMath.Width, sum++)
                {
                    Vector512<float> dq = Gradients(
                        b, start + i, length - i, mean + i, logScale + i, out Vector512<float> dm);
                    sum->Mean.Add(dm);
                    sum->LogScale.Add(dq);
                }
            }

            for (int i = 0; i < length; i += SimdMath.Width)
            {
                sums[i / SimdMath.Width].Mean.ToSingle().Store(mean + i);
                sums[i / SimdMath.Width].LogScale.ToSingle().Store(logScale + i);
            }

            DPrior.Write(0, start, length, mean, logScale);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly Vector512<float> Gradients(
            int image, int start, int count, float* mean, float* logScale, out Vector512<float> dMean)
        {
            long offset = ((long)image * Prior.Elements) + start;
            Vector512<float> g = Vector512.Create(DLogProb[image]);
            Vector512<float> inverseScale = SimdMath.Exp(-Vector512.Load(logScale));
            Vector512<float> w = (Lanes.Load(Z + offset, count) - Vector512.Load(mean)) * inverseScale;
            dMean = g * (w * inverseScale);
            Lanes.Store(-dMean, Dz + offset, count);
            return g * Vector512.FusedMultiplyAdd(w, w, Vector512.Create(-1f));
        }
    }

    private struct LaneSums
    {
        public LaneSum Mean;
        public LaneSum LogScale;
    }

    private struct PriorJob<TOperation> : IImageJob
        where TOperation : struct, IPriorOperation
    {
        public TOperation Operation;
        public float* X;
        public PriorRows Prior;

        /// <summary>What is overwritten, if the operation is no sum.</summary>
        public float* Y;

        public double Invoke(int image, int start, int count, int worker)
        {
            float* mean = stackalloc float[2 * PriorBlock];
            float* logScale = mean + PriorBlock;
            LaneSum sum = default;
            for (int end = start + count; start < end; start += PriorBlock)
            {
                int length = Math.Min(PriorBlock, end - start);
                Prior.Read(image, start, length, mean, logScale);
                long offset = ((long)image * Prior.Elements) + start;
                for (int i = 0; i < length; i += SimdMath.Width)
                {
                    Vector512<float> x = Lanes.Load(X + offset + i, length - i);
                    Vector512<float> y = Operation.Invoke(x, Vector512.Load(mean + i), Vector512.Load(logScale + i));
                    if (TOperation.IsSum)
                    {
                        // Beyond the end z, m and q are 0, and so is what is added.
                        sum.Add(y);
                    }
                    else
                    {
                        Lanes.Store(y, Y + offset + i, length - i);
                    }
                }
            }

            return sum.Total();
        }
    }

    private struct DensityOperation : IPriorOperation
    {
        public static bool IsSum => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(Vector512<float> x, Vector512<float> mean, Vector512<float> logScale)
        {
            Vector512<float> unit = (x - mean) * SimdMath.Exp(-logScale);
            return Vector512.FusedMultiplyAdd(unit, unit, logScale + logScale);
        }
    }

    private struct SampleOperation : IPriorOperation
    {
        public float Temperature;

        public static bool IsSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(
            Vector512<float> x, Vector512<float> mean, Vector512<float> logScale) =>
            Vector512.FusedMultiplyAdd(SimdMath.Exp(logScale) * Vector512.Create(Temperature), x, mean);
    }

    private struct StandardizeOperation : IPriorOperation
    {
        public static bool IsSum => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(
            Vector512<float> x, Vector512<float> mean, Vector512<float> logScale) =>
            (x - mean) * SimdMath.Exp(-logScale);
    }

    private struct SumChannelsJob : IJob
    {
        public ChannelColumns X;
        public float* Sums;

        public readonly void Invoke(int index, int worker)
        {
            int first = index * SimdMath.Width;
            double* totals = stackalloc double[SimdMath.Width];
            X.Sum(first, totals);
            for (int c = first; c < Math.Min(first + SimdMath.Width, X.Channels); c++)
            {
                Sums[c] = (float)(Sums[c] + totals[c - first]);
            }
        }
    }
}
