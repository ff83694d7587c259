using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Priors;
using FlowEngine.Tensors;

using Xunit;

namespace FlowEngine.Tests.Models;

/// <summary>The whole model in double against differences and an explicit determinant.</summary>
public sealed class WholeModelGradientTests
{
    public static TheoryData<IModelOptions, MemoryMode> Models => new()
    {
        { TinyGlow.Options(channels: 3, hidden: 5), MemoryMode.Store },
        { TinyGlow.Options(channels: 3, hidden: 5), MemoryMode.Invert },
        { TinyGlow.Options(GlowPreset.Rosinality, CouplingKind.Additive, height: 4, hidden: 6), MemoryMode.Invert },
        { TinyGlow.Options(GlowPreset.Rosinality, hidden: 3, levels: 1, steps: 3), MemoryMode.Store },
        { TinyVectors.Maf(), MemoryMode.Store },
        { TinyVectors.Maf(columns: 2, hidden: 3, hiddenLayers: 1, mixing: Mixing.Lu), MemoryMode.Invert },
        { TinyVectors.Maf(7, hidden: 4, hiddenLayers: 3, mixing: Mixing.Random, batchNorm: true), MemoryMode.Invert },
        { TinyVectors.Iaf(), MemoryMode.Store },
        { TinyVectors.Iaf(columns: 3, hidden: 5, hiddenLayers: 3, mixing: Mixing.Random), MemoryMode.Invert },
        { TinyVectors.Maf(columns: 1), MemoryMode.Invert },
        { TinyVectors.Maf(columns: 1) with { Condition = Numbers(ConditionInto.Networks) }, MemoryMode.Store },
        { TinyVectors.Iaf(columns: 1), MemoryMode.Store },
        { TinyVectors.Nsf(columns: 1, autoregressive: true), MemoryMode.Store },
        { TinyVectors.Nice(), MemoryMode.Store },
        { TinyVectors.Nice(columns: 2, prior: PriorKind.Gaussian), MemoryMode.Invert },
        { TinyVectors.DenseGlow(), MemoryMode.Store },
        { TinyVectors.Nsf(), MemoryMode.Store },
        { TinyVectors.Nsf(mixing: Mixing.Random, spline: SplineParametrization.Nflows), MemoryMode.Invert },
        { TinyVectors.Nsf(autoregressive: true), MemoryMode.Store },
        { TinyVectors.Nsf(columns: 3, autoregressive: true), MemoryMode.Invert },
        { TinyVectors.Nsf() with { Condition = Numbers(ConditionInto.Both) }, MemoryMode.Invert },
        { TinyVectors.Nsf() with { Residual = true, Condition = Numbers(ConditionInto.Both) }, MemoryMode.Store },
        {
            TinyVectors.Nsf(columns: 3, autoregressive: true) with
            {
                Residual = true,
                Activation = Activation.Silu,
                Condition = Numbers(ConditionInto.Both),
            },
            MemoryMode.Invert
        },
        { TinyVectors.DenseGlow(columns: 3, hiddenLayers: 1), MemoryMode.Invert },
        { TinyGlow.Options(hidden: 5) with { Condition = Classes(ConditionInto.Both) }, MemoryMode.Store },
        { TinyGlow.Options(hidden: 5) with { Condition = Classes(ConditionInto.Networks) }, MemoryMode.Invert },
        {
            TinyGlow.Options(GlowPreset.Rosinality, height: 4, hidden: 4) with { Condition = Numbers(ConditionInto.Prior) },
            MemoryMode.Invert
        },
        { TinyVectors.Maf() with { Condition = Numbers(ConditionInto.Both) }, MemoryMode.Store },
        { TinyVectors.Maf(mixing: Mixing.Lu) with { Condition = Classes(ConditionInto.Networks) }, MemoryMode.Invert },
        { TinyVectors.Iaf(hidden: 11) with { Condition = Classes(ConditionInto.Both) }, MemoryMode.Store },
        { TinyVectors.Nice() with { Condition = Classes(ConditionInto.Networks) }, MemoryMode.Invert },
        { TinyVectors.DenseGlow() with { Condition = Numbers(ConditionInto.Both) }, MemoryMode.Store },
        { TinyRealNvp.Options(), MemoryMode.Store },
        { TinyRealNvp.Options() with { Condition = Classes(ConditionInto.Prior) }, MemoryMode.Store },
        { TinyRealNvp.Options(height: 2, width: 2, channels: 3, hidden: 3, blocks: 2), MemoryMode.Invert },
    };

    private static ConditionOptions Classes(ConditionInto into) => new(3, IsClass: true, into);

    private static ConditionOptions Numbers(ConditionInto into) => new(2, IsClass: false, into);

    [Theory]
    [MemberData(nameof(Models))]
    public void Directional_derivatives_match_and_the_remainder_falls_as_the_square(
        IModelOptions options, MemoryMode memory)
    {
        using Loss loss = new(options, memory);
        double[] start = loss.Weights();
        loss.Gradient(start, out double[] gradient, out _);
        for (uint direction = 0; direction < 5; direction++)
        {
            double[] along = new HostRandom(7, RandomPurpose.Weights, direction).Normal(start.Length);
            double slope = along.Zip(gradient, (a, g) => a * g).Sum();
            double value = loss.Value(start);
            List<double> remainders = [];
            double step = 2e-5;
            for (int halving = 0; halving < 8; halving++, step /= 2)
            {
                double moved = loss.Value([.. start.Zip(along, (w, a) => w + (step * a))]);
                remainders.Add(Math.Abs(moved - value - (step * slope)));
            }

            // A ReLU that switches between two steps bends one ratio; a wrong gradient brings all of them to 1.
            double[] orders = [.. remainders.Zip(remainders.Skip(1), (r, next) => Math.Log2(r / next)).Order()];
            Assert.InRange(orders[orders.Length / 2], 1.9, 2.1);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_gradient_of_the_input_matches_differences(IModelOptions options, MemoryMode memory)
    {
        using Loss loss = new(options, memory);
        loss.Gradient(loss.Weights(), out _, out double[] dx);
        const double Step = 6e-6;
        for (int i = 0; i < dx.Length; i += 7)
        {
            double up = loss.ValueAt(i, Step);
            double down = loss.ValueAt(i, -Step);
            double numeric = (up - down) / (2 * Step);
            double tolerance = 1e-6 * Math.Max(1, Math.Abs(numeric));
            Assert.True(Math.Abs(numeric - dx[i]) <= tolerance, $"{numeric} and {dx[i]} at {i}");
        }
    }

    public static TheoryData<IModelOptions> Determinants => new()
    {
        TinyGlow.Options(GlowPreset.Glow, CouplingKind.Affine, height: 4, width: 4, channels: 2, hidden: 5),
        TinyGlow.Options(GlowPreset.Rosinality, CouplingKind.Affine, height: 4, width: 4, channels: 2, hidden: 5),
        TinyGlow.Options(GlowPreset.Glow, CouplingKind.Additive, height: 4, width: 4, channels: 2, hidden: 5),
        TinyVectors.Maf(batchNorm: true),
        TinyVectors.Maf(columns: 3, mixing: Mixing.Lu),
        TinyVectors.Iaf(batchNorm: true),
        TinyVectors.Iaf(columns: 2, mixing: Mixing.Random),
        TinyVectors.Nice(),
        TinyVectors.Nice(columns: 3),
        TinyVectors.DenseGlow(),
        TinyVectors.DenseGlow(columns: 3),
        TinyVectors.Nsf(),
        TinyVectors.Nsf(columns: 3, autoregressive: true),
        TinyGlow.Options(height: 4, width: 4, channels: 2, hidden: 5) with { Condition = Classes(ConditionInto.Both) },
        TinyVectors.Maf() with { Condition = Numbers(ConditionInto.Both) },
        TinyVectors.Iaf() with { Condition = Classes(ConditionInto.Both) },
        TinyVectors.Nice() with { Condition = Classes(ConditionInto.Networks) },
        TinyVectors.DenseGlow() with { Condition = Classes(ConditionInto.Both) },
        TinyRealNvp.Options(height: 4, width: 2, channels: 2),
        TinyRealNvp.Options(height: 3, width: 3, channels: 1, levels: 1),
    };

    [Theory]
    [MemberData(nameof(Determinants))]
    public void LogDet_is_the_determinant_of_the_whole_map(IModelOptions options)
    {
        using Loss loss = new(options, MemoryMode.Store);
        double logDet = loss.LogDet();
        const double Step = 1e-5;
        int dims = options.Dims;
        double[] jacobian = new double[dims * dims];
        for (int i = 0; i < dims; i++)
        {
            double[] up = loss.Latents(i, Step);
            double[] down = loss.Latents(i, -Step);
            for (int j = 0; j < dims; j++)
            {
                jacobian[(j * dims) + i] = (up[j] - down[j]) / (2 * Step);
            }
        }

        double expected = PluFactors.Factor(jacobian, dims)!.LogDiagonal.Sum();
        Assert.True(Math.Abs(expected - logDet) <= 1e-7 * Math.Max(1, Math.Abs(expected)), $"{expected} and {logDet}");
    }

    /// <summary>A random combination of LogDet and log p(z) of a perturbed model on fixed images.</summary>
    private sealed class Loss : IDisposable
    {
        private const int Batch = 2;
        private readonly ReferenceBackend<double> _backend = new();
        private readonly Model _model;
        private readonly DeviceBuffer _gradients;
        private readonly DeviceBuffer _dLogDet;
        private readonly DeviceBuffer _dLogPrior;
        private readonly PreparedWeights _prepared;
        private readonly FlowPlan _plan;
        private readonly double[] _images;
        private readonly double[] _onLogDet = [0.3, -0.8];
        private readonly double[] _onLogPrior = [-0.5, 0.4];

        public Loss(IModelOptions options, MemoryMode memory)
        {
            _model = TinyGlow.Perturbed(_backend, options, amount: 0.1);
            _gradients = _backend.Allocate(_model.Weights.Length);
            _dLogDet = _backend.Allocate(Batch);
            _dLogPrior = _backend.Allocate(Batch);
            _backend.Write(_onLogDet, _dLogDet.View);
            _backend.Write(_onLogPrior, _dLogPrior.View);
            LayerContext context = _model.Context with { Gradients = _gradients.View };
            LoweredFlow lowered = _model.Lowered;
            _prepared = new PreparedWeights(lowered, context, memory);
            _plan = new FlowPlan(lowered, context, _prepared, Batch, memory);
            _backend.Write(TinyGlow.Conditions(options, Batch), _plan.Condition);
            _images = Array.ConvertAll(TinyGlow.Images(_model.Flow, Batch), value => (double)value);
        }

        public double[] Weights() => TinyGlow.Read(_backend, _model.Weights);

        public double Value(double[] weights)
        {
            _backend.Write(weights, _model.Weights);
            return Run(_images);
        }

        public double ValueAt(int index, double change) => Run(Moved(index, change));

        public void Gradient(double[] weights, out double[] gradient, out double[] dx)
        {
            Value(weights);
            _backend.Fill(_gradients.View, 0);
            _plan.Backward(_dLogDet.View, _dLogPrior.View);
            gradient = TinyGlow.Read(_backend, _gradients.View);
            dx = TinyGlow.Read(_backend, _plan.InputGradient);
        }

        /// <summary>LogDet of the first image.</summary>
        public double LogDet()
        {
            Run(_images);
            return TinyGlow.Read(_backend, _plan.LogDet)[0];
        }

        /// <summary>All latents of the first image, with one input value changed.</summary>
        public double[] Latents(int index, double change)
        {
            Run(Moved(index, change));
            return [.. _plan.Latents.SelectMany(z =>
            {
                double[] values = TinyGlow.Read(_backend, z);
                return values.Take(values.Length / Batch);
            })];
        }

        public void Dispose()
        {
            _plan.Dispose();
            _prepared.Dispose();
            _gradients.Dispose();
            _dLogDet.Dispose();
            _dLogPrior.Dispose();
            _model.Dispose();
            _backend.Dispose();
        }

        private double[] Moved(int index, double change)
        {
            double[] images = [.. _images];
            images[index] += change;
            return images;
        }

        private double Run(double[] images)
        {
            _backend.Write(images, _plan.Input);
            _prepared.Refresh();
            _plan.Forward();
            double[] logDet = TinyGlow.Read(_backend, _plan.LogDet);
            double[] logPrior = TinyGlow.Read(_backend, _plan.LogPrior);
            return logDet.Zip(_onLogDet, (a, b) => a * b).Sum() + logPrior.Zip(_onLogPrior, (a, b) => a * b).Sum();
        }
    }
}
