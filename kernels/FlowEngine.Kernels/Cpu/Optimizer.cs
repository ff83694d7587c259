using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>
/// The sum of squares adds 16 float64 lanes for each chunk and the chunks in order; a chunk is 16384 elements, more
/// where there would be over 1024 chunks. The update's scalars are computed in float64 and rounded once.
/// </remarks>
public sealed unsafe partial class CpuBackend
{
    private const int OptimizerElements = 16384;

    /// <summary>One rule of <see cref="OptimizerKind"/> for 16 parameters.</summary>
    private interface IUpdateRule
    {
        Vector512<float> Invoke(
            in UpdateFactors factors,
            Vector512<float> parameter,
            Vector512<float> gradient,
            ref Vector512<float> moment1,
            ref Vector512<float> moment2);
    }

    /// <inheritdoc cref="IBackend.SumOfSquares"/>
    public void SumOfSquares(BufferView source, BufferView result)
    {
        float* values = Pointer(source, source.Length);
        float* sum = Pointer(result, 1);
        double* parts = stackalloc double[PartialSums];
        long share = (source.Length + PartialSums - 1) / PartialSums;
        long chunk = Math.Max(OptimizerElements, (share + SimdMath.Width - 1) / SimdMath.Width * SimdMath.Width);
        int count = (int)((source.Length + chunk - 1) / chunk);
        _team.Run(count, new SquaresJob { Values = values, Length = source.Length, Chunk = chunk, Sums = parts });
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            total += parts[i];
        }

        *sum = (float)total;
    }

    /// <inheritdoc cref="IBackend.Add"/>
    public void Add(BufferView addend, BufferView sum) => _team.Run(
        (int)((sum.Length + OptimizerElements - 1) / OptimizerElements),
        new AddJob { Addend = Pointer(addend, sum.Length), Sum = Pointer(sum, sum.Length), Length = sum.Length });

    /// <inheritdoc cref="IBackend.OptimizerStep"/>
    public void OptimizerStep(
        in OptimizerSettings settings,
        BufferView rate,
        BufferView logPrior,
        BufferView logDet,
        in OptimizerProgress progress,
        BufferView parameters,
        BufferView gradients,
        BufferView moment1,
        BufferView moment2,
        BufferView average)
    {
        if (!BeginUpdate(progress, logPrior, logDet, out long applied))
        {
            return;
        }

        long length = parameters.Length;
        UpdateArrays arrays = new()
        {
            Length = length,
            Parameters = Pointer(parameters, length),
            Gradients = Pointer(gradients, length),
            Moment1 = Pointer(moment1, length),
            Moment2 = Pointer(moment2, length),
            Average = average.IsEmpty ? null : Pointer(average, length),
        };
        UpdateFactors factors = UpdateFactors.For(
            settings, *Pointer(rate, 1), *Pointer(progress.SumOfSquares, 1), applied);
        int parts = (int)((length + OptimizerElements - 1) / OptimizerElements);
        switch (settings.Kind)
        {
            case OptimizerKind.Adam:
                _team.Run(parts, new UpdateJob<AdamRule> { Arrays = arrays, Factors = factors });
                break;
            case OptimizerKind.AdamW:
                _team.Run(parts, new UpdateJob<AdamWRule> { Arrays = arrays, Factors = factors });
                break;
            case OptimizerKind.Adamax:
                _team.Run(parts, new UpdateJob<AdamaxRule> { Arrays = arrays, Factors = factors });
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(settings), settings.Kind, "unknown kind of optimizer");
        }
    }

    private struct SquaresJob : IJob
    {
        public float* Values;
        public long Length;
        public long Chunk;
        public double* Sums;

        public readonly void Invoke(int index, int worker)
        {
            long start = index * Chunk;
            long end = Math.Min(start + Chunk, Length);
            LaneSum sum = default;
            long i = start;
            for (; i + SimdMath.Width <= end; i += SimdMath.Width)
            {
                sum.AddSquare(Vector512.Load(Values + i));
            }

            if (i < end)
            {
                sum.AddSquare(Lanes.Load(Values + i, (int)(end - i)));
            }

            Sums[index] = sum.Total();
        }
    }

    private struct AddJob : IJob
    {
        public float* Addend;
        public float* Sum;
        public long Length;

        public readonly void Invoke(int index, int worker)
        {
            long start = (long)index * OptimizerElements;
            long end = Math.Min(start + OptimizerElements, Length);
            for (long i = start; i < end; i += SimdMath.Width)
            {
                int count = (int)Math.Min(SimdMath.Width, end - i);
                Lanes.Store(Lanes.Load(Sum + i, count) + Lanes.Load(Addend + i, count), Sum + i, count);
            }
        }
    }

    private struct UpdateArrays
    {
        public long Length;
        public float* Parameters;
        public float* Gradients;
        public float* Moment1;
        public float* Moment2;
        public float* Average;
    }

    private struct UpdateFactors
    {
        /// <summary>What clipping multiplies the gradient by.</summary>
        public float Gradient;
        public float Decay;
        public float Beta1;
        public float OneMinusBeta1;
        public float Beta2;
        public float OneMinusBeta2;
        public float Epsilon;

        /// <summary>rate / (1 - β₁ᵗ), negative.</summary>
        public float Step;

        /// <summary>1 / sqrt(1 - β₂ᵗ).</summary>
        public float RootCorrection;

        /// <summary>1 - rate · decay.</summary>
        public float Shrink;

        /// <summary>1 - d.</summary>
        public float OneMinusAverage;

        public static UpdateFactors For(
                in OptimizerSettings settings, double rate, double sumOfSquares, long applied)
        {
            double norm = Math.Sqrt(sumOfSquares);
            double averageDecay = Math.Min(settings.EmaDecay, (1.0 + applied) / (10.0 + applied));
            return new UpdateFactors
            {
                Gradient = settings.Clip > 0 && norm > settings.Clip ? (float)(settings.Clip / norm) : 1,
                Decay = (float)settings.WeightDecay,
                Beta1 = (float)settings.Beta1,
                OneMinusBeta1 = (float)(1 - settings.Beta1),
                Beta2 = (float)settings.Beta2,
                OneMinusBeta2 = (float)(1 - settings.Beta2),
                Epsilon = (float)settings.Epsilon,
                Step = (float)(-rate / (1 - SimdMath.Power(settings.Beta1, applied))),
                RootCorrection = (float)(1 / Math.Sqrt(1 - SimdMath.Power(settings.Beta2, applied))),
                Shrink = (float)(1 - (rate * settings.WeightDecay)),
                OneMinusAverage = (float)(1 - averageDecay),
            };
        }
    }

    private struct UpdateJob<TRule> : IJob
        where TRule : struct, IUpdateRule
    {
        public UpdateArrays Arrays;
        public UpdateFactors Factors;

        public readonly void Invoke(int index, int worker)
        {
            long start = (long)index * OptimizerElements;
            long end = Math.Min(start + OptimizerElements, Arrays.Length);
            TRule rule = default;
            for (long i = start; i < end; i += SimdMath.Width)
            {
                int count = (int)Math.Min(SimdMath.Width, end - i);
                Vector512<float> moment1 = Lanes.Load(Arrays.Moment1 + i, count);
                Vector512<float> moment2 = Lanes.Load(Arrays.Moment2 + i, count);
                Vector512<float> parameter = rule.Invoke(
                    Factors,
                    Lanes.Load(Arrays.Parameters + i, count),
                    Lanes.Load(Arrays.Gradients + i, count) * Vector512.Create(Factors.Gradient),
                    ref moment1,
                    ref moment2);
                Lanes.Store(moment1, Arrays.Moment1 + i, count);
                Lanes.Store(moment2, Arrays.Moment2 + i, count);
                Lanes.Store(parameter, Arrays.Parameters + i, count);
                if (Arrays.Average is not null)
                {
                    // ema + (1 - d)(p - ema) rather than d ema + (1 - d) p: it stays put where p does.
                    Vector512<float> average = Lanes.Load(Arrays.Average + i, count);
                    average = Vector512.FusedMultiplyAdd(
                        Vector512.Create(Factors.OneMinusAverage), parameter - average, average);
                    Lanes.Store(average, Arrays.Average + i, count);
                }
            }
        }
    }

    private struct AdamRule : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(
            in UpdateFactors factors,
            Vector512<float> parameter,
            Vector512<float> gradient,
            ref Vector512<float> moment1,
            ref Vector512<float> moment2)
        {
            gradient = Vector512.FusedMultiplyAdd(Vector512.Create(factors.Decay), parameter, gradient);
            return Update(factors, parameter, gradient, ref moment1, ref moment2);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Update(
            in UpdateFactors factors,
            Vector512<float> parameter,
            Vector512<float> gradient,
            ref Vector512<float> moment1,
            ref Vector512<float> moment2)
        {
            moment1 = Vector512.FusedMultiplyAdd(
                Vector512.Create(factors.Beta1), moment1, Vector512.Create(factors.OneMinusBeta1) * gradient);
            moment2 = Vector512.FusedMultiplyAdd(
                Vector512.Create(factors.Beta2),
                moment2,
                Vector512.Create(factors.OneMinusBeta2) * (gradient * gradient));
            Vector512<float> root = Vector512.FusedMultiplyAdd(
                Vector512.Sqrt(moment2), Vector512.Create(factors.RootCorrection), Vector512.Create(factors.Epsilon));
            return Vector512.FusedMultiplyAdd(Vector512.Create(factors.Step), moment1 / root, parameter);
        }
    }

    private struct AdamWRule : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(
            in UpdateFactors factors,
            Vector512<float> parameter,
            Vector512<float> gradient,
            ref Vector512<float> moment1,
            ref Vector512<float> moment2) =>
            AdamRule.Update(
                factors, parameter * Vector512.Create(factors.Shrink), gradient, ref moment1, ref moment2);
    }

    private struct AdamaxRule : IUpdateRule
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Vector512<float> Invoke(
            in UpdateFactors factors,
            Vector512<float> parameter,
            Vector512<float> gradient,
            ref Vector512<float> moment1,
            ref Vector512<float> moment2)
        {
            gradient = Vector512.FusedMultiplyAdd(Vector512.Create(factors.Decay), parameter, gradient);
            moment1 = Vector512.FusedMultiplyAdd(
                Vector512.Create(factors.Beta1), moment1, Vector512.Create(factors.OneMinusBeta1) * gradient);
            Vector512<float> decayed = Vector512.Create(factors.Beta2) * moment2;
            Vector512<float> magnitude = Vector512.Abs(gradient) + Vector512.Create(factors.Epsilon);
            moment2 = Vector512.ConditionalSelect(Vector512.GreaterThan(decayed, magnitude), decayed, magnitude);
            return Vector512.FusedMultiplyAdd(Vector512.Create(factors.Step), moment1 / moment2, parameter);
        }
    }
}
