using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>One part per 16 channels, over all pixels; sums in the order of <see cref="ChannelColumns"/>.</remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.BatchNormForward"/>
    public void BatchNormForward(
        ImageShape shape, in BatchNormParameters parameters, BufferView x, BufferView y, BufferView logDet)
    {
        NormChannels channels = new(shape, parameters);
        BatchNormMapJob job = new()
        {
            Channels = channels,
            From = Pointer(x, shape.Length),
            To = Pointer(y, shape.Length),
        };
        _team.Run(channels.Parts, job);

        LaneSum sum = default;
        for (int c = 0; c < shape.Channels; c += SimdMath.Width)
        {
            sum.Add(Lanes.First(channels.LogScale(c) + SimdMath.Log(channels.InverseDeviation(c)), shape.Channels - c));
        }

        double total = shape.PixelsPerImage * sum.Total();
        float* sums = Pointer(logDet, shape.Batch);
        for (int b = 0; b < shape.Batch; b++)
        {
            sums[b] = (float)(sums[b] + total);
        }
    }

    /// <inheritdoc cref="IBackend.BatchNormInverse"/>
    public void BatchNormInverse(ImageShape shape, in BatchNormParameters parameters, BufferView y, BufferView x)
    {
        NormChannels channels = new(shape, parameters);
        BatchNormMapJob job = new()
        {
            Channels = channels,
            From = Pointer(y, shape.Length),
            To = Pointer(x, shape.Length),
            Inverse = true,
        };
        _team.Run(channels.Parts, job);
    }

    /// <inheritdoc cref="IBackend.BatchNormBackward"/>
    public void BatchNormBackward(
        ImageShape shape,
        in BatchNormParameters parameters,
        bool throughStatistics,
        BufferView x,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dBias,
        BufferView dLogScale)
    {
        NormChannels channels = new(shape, parameters);
        float* gradients = Pointer(dLogDet, shape.Batch);
        double total = 0;
        for (int b = 0; b < shape.Batch; b++)
        {
            total += gradients[b];
        }

        BatchNormBackwardJob job = new()
        {
            Channels = channels,
            ThroughStatistics = throughStatistics,
            X = Pointer(x, shape.Length),
            Dy = Pointer(dy, shape.Length),
            LogDetGradient = shape.PixelsPerImage * total,
            Dx = Pointer(dx, shape.Length),
            DBias = Pointer(dBias, shape.Channels),
            DLogScale = Pointer(dLogScale, shape.Channels),
        };
        _team.Run(channels.Parts, job);
    }

    /// <inheritdoc cref="IBackend.MoveTowards"/>
    public void MoveTowards(BufferView running, BufferView batch, double rate)
    {
        float* values = Pointer(running, running.Length);
        float* targets = Pointer(batch, running.Length);
        for (long i = 0; i < running.Length; i++)
        {
            if (float.IsFinite(targets[i]))
            {
                values[i] = float.FusedMultiplyAdd((float)rate, targets[i] - values[i], values[i]);
            }
        }
    }

    /// <summary>b, ls, μ and σ, 16 channels at a time.</summary>
    private readonly struct NormChannels(ImageShape shape, in BatchNormParameters parameters)
    {
        private readonly float* _bias = Pointer(parameters.Bias, shape.Channels);
        private readonly float* _logScale = Pointer(parameters.LogScale, shape.Channels);
        private readonly float* _mean = Pointer(parameters.Mean, shape.Channels);
        private readonly float* _deviation = Pointer(parameters.Deviation, shape.Channels);
        private readonly float _floor = (float)parameters.Floor;

        public int Parts => (Count + SimdMath.Width - 1) / SimdMath.Width;

        public int Count { get; } = shape.Channels;

        public int Pixels { get; } = shape.Pixels;

        public Vector512<float> Bias(int first) => Lanes.Load(_bias + first, Count - first);

        public Vector512<float> LogScale(int first) => Lanes.Load(_logScale + first, Count - first);

        public Vector512<float> Mean(int first) => Lanes.Load(_mean + first, Count - first);

        public Vector512<float> InverseDeviation(int first)
        {
            Vector512<float> deviation = Lanes.Load(_deviation + first, Count - first);
            return Vector512<float>.One / Vector512.Sqrt(
                Vector512.FusedMultiplyAdd(deviation, deviation, Vector512.Create(_floor)));
        }
    }

    private struct BatchNormMapJob : IJob
    {
        public NormChannels Channels;
        public float* From;
        public float* To;
        public bool Inverse;

        public readonly void Invoke(int index, int worker)
        {
            int first = index * SimdMath.Width;
            int count = Channels.Count - first;
            Vector512<float> bias = Channels.Bias(first);
            Vector512<float> mean = Channels.Mean(first);
            Vector512<float> inverse = Channels.InverseDeviation(first);
            Vector512<float> scale = SimdMath.Exp(Channels.LogScale(first));
            for (long p = 0; p < Channels.Pixels; p++)
            {
                long at = (p * Channels.Count) + first;
                Vector512<float> value = Lanes.Load(From + at, count);
                value = Inverse
                    ? ((value - bias) / (scale * inverse)) + mean
                    : Vector512.FusedMultiplyAdd((value - mean) * inverse, scale, bias);
                Lanes.Store(value, To + at, count);
            }
        }
    }

    private struct BatchNormBackwardJob : IJob
    {
        public NormChannels Channels;
        public bool ThroughStatistics;
        public float* X;
        public float* Dy;
        public double LogDetGradient;
        public float* Dx;
        public float* DBias;
        public float* DLogScale;

        public readonly void Invoke(int index, int worker)
        {
            int first = index * SimdMath.Width;
            int count = Channels.Count - first;
            Vector512<float> mean = Channels.Mean(first);
            Vector512<float> inverse = Channels.InverseDeviation(first);
            Vector512<float> scale = SimdMath.Exp(Channels.LogScale(first));
            LaneSum* sums = stackalloc LaneSum[4];
            LaneSum* products = stackalloc LaneSum[4];
            for (long p = 0; p < Channels.Pixels; p++)
            {
                long at = (p * Channels.Count) + first;
                Vector512<float> dy = Lanes.Load(Dy + at, count);
                Vector512<float> centered = (Lanes.Load(X + at, count) - mean) * inverse;
                sums[p & 3].Add(dy);
                products[p & 3].Add(dy * scale * centered);
            }

            double* totals = stackalloc double[2 * SimdMath.Width];
            double* productTotals = totals + SimdMath.Width;
            (sums[0] + sums[1] + (sums[2] + sums[3])).Store(totals);
            (products[0] + products[1] + (products[2] + products[3])).Store(productTotals);
            for (int c = 0; c < Math.Min(count, SimdMath.Width); c++)
            {
                productTotals[c] += LogDetGradient;
                DBias[first + c] = (float)(DBias[first + c] + totals[c]);
                DLogScale[first + c] = (float)(DLogScale[first + c] + productTotals[c]);
            }

            Vector512<float> share = Vector512.Create(ThroughStatistics ? 1f / Channels.Pixels : 0f);
            Vector512<float> sum = scale * LaneSum.Load(totals).ToSingle() * share;
            Vector512<float> product = LaneSum.Load(productTotals).ToSingle() * share;
            for (long p = 0; p < Channels.Pixels; p++)
            {
                long at = (p * Channels.Count) + first;
                Vector512<float> centered = (Lanes.Load(X + at, count) - mean) * inverse;
                Vector512<float> shared = Vector512.FusedMultiplyAdd(centered, product, sum);
                Vector512<float> dy = Lanes.Load(Dy + at, count);
                Lanes.Store(inverse * ((scale * dy) - shared), Dx + at, count);
            }
        }
    }
}
