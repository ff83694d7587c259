using FlowEngine.Architecture;

namespace FlowEngine.Interop;

/// <summary>Flows of zuko: MAF, NSF, RealNVP and NICE, or a list of their transforms.</summary>
/// <remarks>zuko's order, mask and permutation of each transform are in its state dict.</remarks>
internal static class ZukoFlow
{
    private const string Prefix = "transform.transforms";

    /// <summary>Adds the transforms, and reads the base.</summary>
    public static void Read(ForeignModule flow, ForeignState state, ForeignFlowBuilder builder)
    {
        if (flow.Has("transforms"))
        {
            int index = 0;
            foreach (ForeignModule module in flow.List("transforms", "transform"))
            {
                Add(module, state, builder, module.Path ?? $"{Prefix}.{index}");
                index++;
            }
        }
        else
        {
            Preset(flow, state, builder);
        }

        ForeignModule based = flow.Base("DiagNormal", "BoxUniform");
        int dims = builder.Dims;
        if (based.Class == "BoxUniform")
        {
            based.Allow(["lower", "upper"], ("ndims", ["1"]));
            builder.Box(based, Argument("lower", 0), Argument("upper", 1));
            return;
        }

        double[] mean = state.Numbers("base.loc", dims);
        double[] scale = state.Numbers("base.scale", dims);
        if (scale.Any(value => value <= 0))
        {
            throw new FlowException(FlowErrorKind.BadFormat, "its base has a scale that is not positive");
        }

        if (mean.Any(value => value != 0) || scale.Any(value => value != 1))
        {
            builder.Base(mean, Array.ConvertAll(scale, Math.Log));
        }

        // Tensors are in the state dict, by their names or positions; numbers are not.
        double[]? Argument(string name, int position) => state.Contains($"base.{name}") ? state.NumbersOfEach($"base.{name}", dims)
            : state.Contains($"base._{position}") ? state.NumbersOfEach($"base._{position}", dims)
            : based.NumbersOfEach(name, dims);
    }

    // A class of flows, whose transforms are alike.
    private static void Preset(ForeignModule flow, ForeignState state, ForeignFlowBuilder builder)
    {
        Transform map = flow.Class.Split('.')[^1] switch
        {
            "MAF" or "RealNVP" or "NICE" => Affine,
            "NSF" => Spline(flow),
            _ => throw flow.Refuse("expected one of MAF, NSF, RealNVP and NICE"),
        };
        flow.Allow(
            ["transforms", "hidden_features", "randperm", "randmask", "passes", "bins", "residual"], ("slope", ["0.001"]));
        int count = 0;
        while (state.Contains($"{Prefix}.{count}.order") || state.Contains($"{Prefix}.{count}.mask"))
        {
            string path = $"{Prefix}.{count}";
            if (state.Contains($"{path}.order"))
            {
                Autoregressive(flow, path, state, builder, map, map.MonotonicMap.ParametersLength);
            }
            else
            {
                Coupling(flow, path, state, builder, map, map.MonotonicMap.ParametersLength);
            }

            count++;
        }

        if (count == 0)
        {
            throw flow.Refuse($"the weights have no {Prefix}.0.order and no {Prefix}.0.mask, expected its state dict");
        }
    }

    private static Transform Affine => new(string.Empty) { Map = TransformMap.AffineZuko };

    private static Transform Spline(ForeignModule module) =>
        module.Spline(TransformMap.SplineZuko, module.Integer("bins", 8), module.Number("bound", 5));

    private static void Add(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        int dims = builder.Dims;
        switch (module.Class)
        {
            case "MaskedAutoregressiveTransform":
                (Transform map, int raw) = Univariate(module);
                Autoregressive(module, path, state, builder, map, raw);
                break;
            case "GeneralCouplingTransform":
                (map, raw) = Univariate(module);
                Coupling(module, path, state, builder, map, raw);
                break;
            case "PermutationTransform":
                builder.Permute(state.Permutation($"{path}.order", dims));
                break;
            case "LULinearTransform":
                builder.Linear(module, Product(state.Numbers($"{path}.LU", dims, dims), dims), new double[dims]);
                break;
            default:
                throw module.Refuse(
                    "is not read; expected one of MaskedAutoregressiveTransform, GeneralCouplingTransform, PermutationTransform "
                    + "and LULinearTransform");
        }
    }

    // What a transform does to a value, and the numbers its network gives for that: an additive one lacks the scale.
    private static (Transform Map, int Raw) Univariate(ForeignModule module)
    {
        module.Allow(["univariate", "bins", "bound", "residual"], ("slope", ["0.001"]));
        string name = module.Word("univariate", "MonotonicAffineTransform");
        return name switch
        {
            "MonotonicAffineTransform" => (Affine, 2),
            "AdditiveTransform" => (Affine, 1),
            "MonotonicRQSTransform" => (Spline(module), Spline(module).MonotonicMap.ParametersLength),
            _ => throw module.Refuse(
                $"its univariate transform is {name}, expected MonotonicAffineTransform, AdditiveTransform or MonotonicRQSTransform"),
        };
    }

    private static void Autoregressive(
        ForeignModule module, string path, ForeignState state, ForeignFlowBuilder builder, Transform map, int raw)
    {
        int dims = builder.Dims;
        int[] places = state.Indices($"{path}.order", dims, dims);
        int[] order = [.. Enumerable.Range(0, dims).OrderBy(feature => places[feature])];
        ForeignNetwork network = Network(module, path, state);
        network.OrderInputs([.. Enumerable.Range(dims, builder.Conditions), .. order]);
        network.Map(output => Complete(output.Rows(order.SelectMany(feature => Enumerable.Range(feature * raw, raw))), raw));
        builder.Autoregressive(order, network, map);
    }

    private static void Coupling(
        ForeignModule module, string path, ForeignState state, ForeignFlowBuilder builder, Transform map, int raw)
    {
        int dims = builder.Dims;
        int[] mask = state.Indices($"{path}.mask", dims, 2);
        int[] passing = [.. Enumerable.Range(0, dims).Where(feature => mask[feature] == 1)];
        int[] moved = [.. Enumerable.Range(0, dims).Where(feature => mask[feature] == 0)];
        ForeignNetwork network = Network(module, path, state);
        network.OrderInputs(
            [.. Enumerable.Range(passing.Length, builder.Conditions), .. Enumerable.Range(0, passing.Length)]);
        network.Map(output => Complete(output, raw));
        builder.Coupling(passing, moved, network, map);
    }

    private static LinearRows Complete(LinearRows output, int raw) => raw == 1 ? output.WithoutScale() : output;

    // Linear layers with the activation between them, or residual blocks without one.
    private static ForeignNetwork Network(ForeignModule module, string path, ForeignState state)
    {
        string hyper = $"{path}.hyper";
        ForeignActivation activation = module.Activation();
        ForeignNetwork network = new(state.Linear($"{hyper}.0"), activation);
        bool isResidual = module.Switch("residual", false);
        if (isResidual && !activation.IsRectifier)
        {
            throw module.Refuse("its network is residual with another activation than a rectifier; needed: ReLU");
        }

        if (!isResidual)
        {
            for (int layer = 2; state.Contains($"{hyper}.{layer}.weight"); layer += 2)
            {
                network.Then(state.Linear($"{hyper}.{layer}"));
            }

            return network;
        }

        for (int part = 1; ; part++)
        {
            if (state.Contains($"{hyper}.{part}.0.weight"))
            {
                network.Skip(state.Linear($"{hyper}.{part}.0"), state.Linear($"{hyper}.{part}.2"));
            }
            else if (state.Contains($"{hyper}.{part}.weight"))
            {
                network.Map(state.Linear($"{hyper}.{part}").Of);
            }
            else
            {
                return network;
            }
        }
    }

    // L U, of which the diagonal of U is 1.
    private static double[] Product(double[] factors, int dims)
    {
        double[] product = new double[dims * dims];
        for (int i = 0; i < dims; i++)
        {
            for (int j = 0; j < dims; j++)
            {
                for (int k = 0; k <= Math.Min(i, j); k++)
                {
                    product[(i * dims) + j] += factors[(i * dims) + k] * (k == j ? 1 : factors[(k * dims) + j]);
                }
            }
        }

        return product;
    }
}
