using FlowEngine.Architecture;

namespace FlowEngine.Interop;

/// <summary>Flows of nflows: a CompositeTransform of some of its transforms over a normal or uniform base.</summary>
internal static class NflowsFlow
{
    // So many that few numbers of a file do not fill the memory.
    private const int MostOfMatrix = 1024;

    /// <summary>Adds the transforms, in the order from data to noise, and reads the base.</summary>
    public static void Read(ForeignModule flow, ForeignState state, ForeignFlowBuilder builder)
    {
        int index = 0;
        foreach (ForeignModule module in flow.List("transforms", "transform"))
        {
            Add(module, state, builder, module.Path ?? $"_transform._transforms.{index}");
            index++;
        }

        state.Drop("_distribution._log_z");
        ForeignModule based = flow.Base("StandardNormal", "DiagonalNormal", "BoxUniform");
        switch (based.Class)
        {
            case "DiagonalNormal":
                builder.Base(
                    state.Numbers("_distribution.mean_", 1, builder.Dims), state.Numbers("_distribution.log_std_", 1, builder.Dims));
                break;
            case "BoxUniform":
                based.Allow(["low", "high"], ("reinterpreted_batch_ndims", ["1"]));
                builder.Box(based, based.NumbersOfEach("low", builder.Dims), based.NumbersOfEach("high", builder.Dims));
                break;
        }
    }

    /// <summary>y = e^logScale (x + bias) of nflows' ActNorm, y = e^logScale x + shift.</summary>
    internal static void ScaleThenShift(ForeignFlowBuilder builder, double[] logScale, double[] shift) =>
        builder.ScaleAndShift([.. shift.Zip(logScale, (t, s) => t * Math.Exp(-s))], logScale);

    /// <summary>LULinear of nflows and normflows.</summary>
    internal static void LuLinear(ForeignState state, ForeignFlowBuilder builder, string path, double eps)
    {
        int dims = builder.Dims;
        int entries = dims * (dims - 1) / 2;
        double[] lowerEntries = state.Numbers($"{path}.lower_entries", entries);
        double[] upperEntries = state.Numbers($"{path}.upper_entries", entries);
        double[] lower = new double[dims * dims];
        double[] upper = new double[dims * dims];
        (int low, int up) = (0, 0);
        for (int row = 0; row < dims; row++)
        {
            for (int column = 0; column < dims; column++)
            {
                if (column < row)
                {
                    lower[(row * dims) + column] = lowerEntries[low++];
                }
                else if (column > row)
                {
                    upper[(row * dims) + column] = upperEntries[up++];
                }
            }
        }

        double[] diagonal = Array.ConvertAll(
            state.Numbers($"{path}.unconstrained_upper_diag", dims), raw => Softplus(raw) + eps);
        builder.Linear(lower, upper, diagonal, state.Numbers($"{path}.bias", dims));
    }

    /// <summary>Widths and heights of a coupling's splines are divided by the root of the network's width; a MADE's are not.</summary>
    internal static Func<LinearRows, LinearRows> SplineOutputs(int bins, int hidden) =>
        output => output.Scaled(row => row % ((3 * bins) - 1) < 2 * bins ? 1 / Math.Sqrt(hidden) : 1);

    private static void Add(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        int dims = builder.Dims;
        switch (module.Class)
        {
            case "IdentityTransform":
                break;
            case "ActNorm":
                module.Allow(["features"]);
                state.Drop($"{path}.initialized");
                ScaleThenShift(builder, state.Numbers($"{path}.log_scale", dims), state.Numbers($"{path}.shift", dims));
                break;
            case "PointwiseAffineTransform" or "AffineTransform":
                PointwiseAffine(module, state, builder, path);
                break;
            case "BatchNorm":
                BatchNorm(module, state, builder, path);
                break;
            case "LULinear":
                module.Allow(["features", "using_cache", "identity_init", "eps"]);
                LuLinear(state, builder, path, module.Number("eps", 1e-3));
                break;
            case "NaiveLinear":
                module.Allow(["features", "using_cache", "orthogonal_initialization"]);
                builder.Linear(module, state.Numbers($"{path}._weight", dims, dims), state.Numbers($"{path}.bias", dims));
                break;
            case "RandomPermutation" or "ReversePermutation" or "Permutation":
                module.Allow(["features", "permutation"], ("dim", ["1"]));
                builder.Permute(state.Permutation($"{path}._permutation", dims));
                break;
            case "AffineCouplingTransform" or "AdditiveCouplingTransform":
                module.Allow(["mask"], ("scale_activation", ["DEFAULT_SCALE_ACTIVATION"]));
                AffineCoupling(module, state, builder, path);
                break;
            case "PiecewiseRationalQuadraticCouplingTransform":
                module.Allow(["mask", "num_bins", "tail_bound"], Tails, Least("width"), Least("height"), Least("derivative"),
                    ("apply_unconditional_transform", ["false"]));
                SplineCoupling(module, state, builder, path);
                break;
            case "MaskedAffineAutoregressiveTransform":
                module.Allow(MadeArguments);
                IForeignNetwork affine = Made(module, state, builder, path);
                affine.Map(output => output.Rows(
                    Enumerable.Range(0, dims).SelectMany(feature => new[] { (2 * feature) + 1, 2 * feature })));
                builder.Autoregressive(
                    [.. Enumerable.Range(0, dims)], affine, new(string.Empty) { Map = TransformMap.AffineNflowsSoftplus });
                break;
            case "MaskedPiecewiseRationalQuadraticAutoregressiveTransform":
                module.Allow([.. MadeArguments, "num_bins", "tail_bound"], Tails, Least("width"), Least("height"), Least("derivative"));
                builder.Autoregressive(
                    [.. Enumerable.Range(0, dims)], Made(module, state, builder, path), Spline(module, 10, 1));
                break;
            default:
                throw module.Refuse(
                    "is not read; expected one of ActNorm, PointwiseAffineTransform, BatchNorm, LULinear, NaiveLinear, "
                    + "Permutation, RandomPermutation, ReversePermutation, AffineCouplingTransform, AdditiveCouplingTransform, "
                    + "PiecewiseRationalQuadraticCouplingTransform, MaskedAffineAutoregressiveTransform and "
                    + "MaskedPiecewiseRationalQuadraticAutoregressiveTransform");
        }
    }

    private static string[] MadeArguments { get; } =
    [
        "features", "hidden_features", "context_features", "num_blocks", "use_residual_blocks", "random_mask",
        "dropout_probability", "use_batch_norm",
    ];

    internal static (string Name, string[] Values) Tails => ("tails", ["linear"]);

    internal static Transform Spline(ForeignModule module, int bins, double bound) =>
        module.Spline(TransformMap.SplineNflows, module.Integer("num_bins", bins), module.Number("tail_bound", bound));

    private static (string Name, string[] Values) Least(string of) =>
        (of == "derivative" ? "min_derivative" : $"min_bin_{of}", ["0.001"]);

    private static IForeignNetwork Made(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path) =>
        new ResidualLayout(module, state, $"{path}.autoregressive_net").NflowsMade(builder.Dims, builder.Conditions);

    // Its numbers are one for all features, or one of each.
    private static void PointwiseAffine(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        module.Allow(["shift", "scale"]);
        int dims = builder.Dims;
        double[] scale = state.NumbersOfEach($"{path}._scale", dims);
        double[] shift = state.NumbersOfEach($"{path}._shift", dims);
        if (scale.All(value => value > 0))
        {
            ScaleThenShift(builder, Array.ConvertAll(scale, Math.Log), shift);
            return;
        }

        if (dims > MostOfMatrix)
        {
            throw module.Refuse($"it has a scale that is not positive; needed: at most {MostOfMatrix} features, not {dims}");
        }

        double[] matrix = new double[dims * dims];
        for (int d = 0; d < dims; d++)
        {
            matrix[(d * dims) + d] = scale[d];
        }

        builder.Linear(module, matrix, shift);
    }

    private static void AffineCoupling(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        (int[] passing, int[] moved) = Features(state, builder, path);
        IForeignNetwork network = CouplingNetwork(module, state, builder, path, passing.Length, out _);
        if (module.Class == "AdditiveCouplingTransform")
        {
            network.Map(output => output.WithoutScale());
            builder.Coupling(passing, moved, network, new(string.Empty) { Map = TransformMap.AffineZuko });
            return;
        }

        network.Map(output => output.Rows(
            Enumerable.Range(0, moved.Length).SelectMany(feature => new[] { feature, moved.Length + feature })));
        builder.Coupling(passing, moved, network, new(string.Empty) { Map = TransformMap.AffineNflowsSigmoid });
    }

    private static void SplineCoupling(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        (int[] passing, int[] moved) = Features(state, builder, path);
        IForeignNetwork network = CouplingNetwork(module, state, builder, path, passing.Length, out int hidden);
        Transform map = Spline(module, 10, 1);
        network.Map(SplineOutputs(map.SplineBins, hidden));
        builder.Coupling(passing, moved, network, map);
    }

    internal static (int[] Passing, int[] Moved) Features(ForeignState state, ForeignFlowBuilder builder, string path)
    {
        int passing = state.Count($"{path}.identity_features");
        int[] identity = state.Indices($"{path}.identity_features", passing, builder.Dims);
        int[] moved = state.Indices($"{path}.transform_features", builder.Dims - passing, builder.Dims);
        return (identity, moved);
    }

    private static IForeignNetwork CouplingNetwork(
        ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path, int passing, out int hidden)
    {
        ForeignModule network = module.Inner("network") ?? throw module.Refuse("it has no network in the description");
        if (network.Class != "ResidualNet")
        {
            throw network.Refuse("expected a ResidualNet");
        }

        network.Allow(
        [
            "in_features", "out_features", "hidden_features", "context_features", "num_blocks", "dropout_probability",
            "use_batch_norm",
        ]);
        hidden = state.Dimension($"{path}.transform_net.initial_layer.weight", 0);
        return new ResidualLayout(network, state, $"{path}.transform_net").ResidualNet(passing, builder.Conditions);
    }

    // In evaluation it is a scale and a shift.
    private static void BatchNorm(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        module.Allow(["features", "momentum", "eps"]);
        int dims = builder.Dims;
        double eps = module.Number("eps", 1e-5);
        double[] weight = Array.ConvertAll(
            state.Numbers($"{path}.unconstrained_weight", dims), raw => Softplus(raw) + eps);
        double[] variance = state.Numbers($"{path}.running_var", dims);
        double[] mean = state.Numbers($"{path}.running_mean", dims);
        double[] bias = state.Numbers($"{path}.bias", dims);
        double[] logScale = [.. weight.Zip(variance, (w, v) => Math.Log(w) - (0.5 * Math.Log(v + eps)))];
        builder.ScaleAndShift(
            [.. Enumerable.Range(0, dims).Select(d => (bias[d] * Math.Exp(-logScale[d])) - mean[d])], logScale);
    }

    internal static double Softplus(double raw) => Math.Max(raw, 0) + Math.Log(1 + Math.Exp(-Math.Abs(raw)));
}
