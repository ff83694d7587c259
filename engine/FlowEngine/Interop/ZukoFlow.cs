using FlowEngine.Architecture;

namespace FlowEngine.Interop;

/// <summary>Flows of zuko: MAF, NSF, RealNVP and NICE.</summary>
/// <remarks>zuko's order, mask and permutation of each transform are in its state dict.</remarks>
internal static class ZukoFlow
{
    private const string Prefix = "transform.transforms";

    /// <summary>Adds the transforms, and reads the base.</summary>
    /// <returns>Mean and log scale of the base; null for the standard Gaussian.</returns>
    public static (double[] Mean, double[] LogScale)? Read(ForeignModule flow, ForeignState state, ForeignFlowBuilder builder)
    {
        string name = flow.Class.Split('.')[^1];
        Transform map = name switch
        {
            "MAF" or "RealNVP" or "NICE" => new(string.Empty) { Map = TransformMap.AffineZuko },
            "NSF" => new(string.Empty) { Map = TransformMap.SplineZuko, SplineBins = flow.Integer("bins", 8), Bound = 5 },
            _ => throw flow.Refuse("expected one of MAF, NSF, RealNVP and NICE"),
        };
        flow.Allow(
            ["transforms", "hidden_features", "randperm", "randmask", "passes", "bins"],
            ("activation", ["ReLU", "torch.nn.ReLU", "<class 'torch.nn.modules.activation.ReLU'>"]),
            ("residual", ["false"]));
        int count = 0;
        while (state.Contains($"{Prefix}.{count}.order") || state.Contains($"{Prefix}.{count}.mask"))
        {
            string path = $"{Prefix}.{count}";
            if (state.Contains($"{path}.order"))
            {
                Autoregressive(path, state, builder, map);
            }
            else
            {
                Coupling(path, state, builder, map);
            }

            count++;
        }

        if (count == 0)
        {
            throw flow.Refuse($"the weights have no {Prefix}.0.order and no {Prefix}.0.mask, expected its state dict");
        }

        int dims = builder.Dims;
        double[] mean = state.Numbers("base.loc", dims);
        double[] scale = state.Numbers("base.scale", dims);
        if (scale.Any(value => value <= 0))
        {
            throw flow.Refuse("its base has a scale that is not positive");
        }

        return mean.All(value => value == 0) && scale.All(value => value == 1) ? null : (mean, Array.ConvertAll(scale, Math.Log));
    }

    private static void Autoregressive(string path, ForeignState state, ForeignFlowBuilder builder, Transform map)
    {
        int dims = builder.Dims;
        int[] places = state.Indices($"{path}.order", dims, dims);
        int[] order = [.. Enumerable.Range(0, dims).OrderBy(feature => places[feature])];
        ForeignNetwork network = Network(path, state);
        network.OrderInputs([.. Enumerable.Range(dims, builder.Conditions), .. order]);
        int raw = map.MonotonicMap.ParametersLength;
        network.Map(output => output.Rows(order.SelectMany(feature => Enumerable.Range(feature * raw, raw))));
        builder.Autoregressive(order, network, map);
    }

    private static void Coupling(string path, ForeignState state, ForeignFlowBuilder builder, Transform map)
    {
        int dims = builder.Dims;
        int[] mask = state.Indices($"{path}.mask", dims, 2);
        int[] passing = [.. Enumerable.Range(0, dims).Where(feature => mask[feature] == 1)];
        int[] moved = [.. Enumerable.Range(0, dims).Where(feature => mask[feature] == 0)];
        ForeignNetwork network = Network(path, state);
        network.OrderInputs(
            [.. Enumerable.Range(passing.Length, builder.Conditions), .. Enumerable.Range(0, passing.Length)]);
        builder.Coupling(passing, moved, network, map);
    }

    // Linear layers at the even positions, ReLU between them.
    private static ForeignNetwork Network(string path, ForeignState state)
    {
        ForeignNetwork network = new(state.Linear($"{path}.hyper.0"));
        for (int layer = 2; state.Contains($"{path}.hyper.{layer}.weight"); layer += 2)
        {
            network.Then(state.Linear($"{path}.hyper.{layer}"));
        }

        return network;
    }
}
