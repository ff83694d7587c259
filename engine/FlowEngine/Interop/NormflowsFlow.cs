using FlowEngine.Architecture;

namespace FlowEngine.Interop;

/// <summary>Flows of normflows: they go from noise to data, so their list is read from its end.</summary>
internal static class NormflowsFlow
{
    /// <summary>Adds the transforms, and reads the base.</summary>
    public static void Read(ForeignModule flow, ForeignState state, ForeignFlowBuilder builder)
    {
        ForeignModule based = flow.Base("DiagGaussian", "Uniform");
        ForeignModule[] modules = [.. flow.List("flows", "flow")];
        for (int index = modules.Length - 1; index >= 0; index--)
        {
            Add(modules[index], state, builder, modules[index].Path ?? $"flows.{index}");
        }

        if (based.Class == "DiagGaussian")
        {
            builder.Base(state.Numbers("q0.loc", 1, builder.Dims), state.Numbers("q0.log_scale", 1, builder.Dims));
            return;
        }

        based.Allow(["shape", "low", "high"]);
        double[] one = [.. Enumerable.Repeat(1.0, builder.Dims)];
        builder.Box(
            based,
            based.NumbersOfEach("low", builder.Dims) ?? Array.ConvertAll(one, value => -value),
            based.NumbersOfEach("high", builder.Dims) ?? one);
    }

    private static void Add(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        int dims = builder.Dims;
        switch (module.Class)
        {
            case "ActNorm" or "AffineConstFlow":
                module.Allow(["shape", "scale", "shift"]);
                if (state.Contains($"{path}.data_dep_init_done") && state.NumbersOfEach($"{path}.data_dep_init_done", 1)[0] == 0)
                {
                    throw module.Refuse("it takes its numbers from the first batch, and has seen none; needed: a trained flow");
                }

                builder.ScaleAndShift(
                    Array.ConvertAll(state.Numbers($"{path}.t", 1, dims), value => -value),
                    Array.ConvertAll(state.Numbers($"{path}.s", 1, dims), value => -value));
                break;
            case "LULinearPermute":
                module.Allow(["num_channels", "identity_init"]);
                builder.Permute(state.Permutation($"{path}.permutation._permutation", dims));
                NflowsFlow.LuLinear(state, builder, $"{path}.linear", 1e-3);
                break;
            case "Permute":
                Permute(module, state, builder, path);
                break;
            case "AffineCouplingBlock":
                module.Allow(["split_mode", "scale"], ("scale_map", ["exp"]));
                AffineCoupling(module, state, builder, $"{path}.flows.1.param_map");
                break;
            case "MaskedAffineFlow":
                module.Allow(["mask"]);
                MaskedAffine(module, state, builder, path);
                break;
            case "AutoregressiveRationalQuadraticSpline":
                module.Allow(SplineArguments, NflowsFlow.Tails, ("permute_mask", ["false"]));
                Autoregressive(module, state, builder, $"{path}.mprqat");
                break;
            case "CoupledRationalQuadraticSpline":
                module.Allow([.. SplineArguments, "reverse_mask"], NflowsFlow.Tails);
                Coupling(module, state, builder, $"{path}.prqct");
                break;
            default:
                throw module.Refuse(
                    "is not read; expected one of ActNorm, AffineConstFlow, LULinearPermute, Permute, AffineCouplingBlock, "
                    + "MaskedAffineFlow, AutoregressiveRationalQuadraticSpline and CoupledRationalQuadraticSpline");
        }
    }

    private static string[] SplineArguments { get; } =
    [
        "num_input_channels", "num_blocks", "num_hidden_channels", "num_context_channels", "num_bins", "tail_bound",
        "dropout_probability", "init_identity",
    ];

    private static Transform Spline(ForeignModule module) => NflowsFlow.Spline(module, 8, 3);

    private static void Autoregressive(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        IForeignNetwork network = new ResidualLayout(module, state, $"{path}.autoregressive_net")
            .NormflowsMade(builder.Dims, builder.Conditions);
        builder.Autoregressive([.. Enumerable.Range(0, builder.Dims)], network, Spline(module));
    }

    // The values that pass the coupling then have splines of their own, which read nothing.
    private static void Coupling(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        (int[] passing, int[] moved) = NflowsFlow.Features(state, builder, path);
        int hidden = state.Dimension($"{path}.transform_net.initial_layer.weight", 0);
        IForeignNetwork network = new ResidualLayout(module, state, $"{path}.transform_net")
            .ResidualNet(passing.Length, builder.Conditions);
        Transform map = Spline(module);
        network.Map(NflowsFlow.SplineOutputs(map.SplineBins, hidden));
        builder.Coupling(passing, moved, network, map);

        string own = $"{path}.unconditional_transform.unnormalized";
        int bins = map.SplineBins;
        double[] widths = state.Numbers($"{own}_widths", passing.Length, bins);
        double[] heights = state.Numbers($"{own}_heights", passing.Length, bins);
        double[] slopes = state.Numbers($"{own}_derivatives", passing.Length, bins - 1);
        double[] raw = [.. Enumerable.Range(0, passing.Length).SelectMany(feature =>
            widths.Skip(feature * bins).Take(bins)
                .Concat(heights.Skip(feature * bins).Take(bins))
                .Concat(slopes.Skip(feature * (bins - 1)).Take(bins - 1)))];
        int inputs = builder.Conditions + moved.Length;
        ForeignNetwork constant = new(new LinearRows([new double[inputs]], [0]), default);
        constant.Then(new LinearRows([.. raw.Select(_ => new double[1])], raw));
        builder.Coupling(moved, passing, constant, map);
    }

    private static void MaskedAffine(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        int dims = builder.Dims;
        double[] mask = state.Numbers($"{path}.b", 1, dims);
        int[] passing = [.. Enumerable.Range(0, dims).Where(feature => mask[feature] == 1)];
        int[] moved = [.. Enumerable.Range(0, dims).Where(feature => mask[feature] == 0)];
        if (passing.Length + moved.Length != dims)
        {
            throw module.Refuse("its mask has numbers other than 0 and 1");
        }

        ForeignNetwork? shift = Mlp(module, state, path, "t", dims);
        ForeignNetwork? scale = Mlp(module, state, path, "s", dims);
        ForeignNetwork network = shift is null ? scale ?? throw module.Refuse("it has no network s and no network t")
            : scale is null ? shift
            : ForeignNetwork.Side(shift, scale);
        network.OrderInputs([.. Enumerable.Repeat(-1, builder.Conditions), .. passing]);
        network.Map(output => output.Placed([.. moved.SelectMany(feature => new[]
        {
            shift is null ? -1 : feature, scale is null ? -1 : shift is null ? feature : dims + feature,
        })]));
        builder.Coupling(passing, moved, network, new(string.Empty) { Map = TransformMap.AffineNormflows });
    }

    // Data to noise is its inverse.
    private static void Permute(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        int dims = builder.Dims;
        module.Allow(["num_channels"], ("mode", ["shuffle", "swap"]));
        if (!state.Contains($"{path}.perm"))
        {
            int kept = (dims + 1) / 2;
            builder.Permute([.. Enumerable.Range(kept, dims - kept), .. Enumerable.Range(0, kept)]);
            return;
        }

        state.Drop($"{path}.perm");
        builder.Permute(state.Permutation($"{path}.inv_perm", dims));
    }

    // The network reads one half and moves the other: by shift and scale of each value in turn, or by a shift.
    private static void AffineCoupling(ForeignModule module, ForeignState state, ForeignFlowBuilder builder, string path)
    {
        if (builder.Conditions > 0)
        {
            throw module.Refuse("it reads no context, and the flow has one; needed: another coupling");
        }

        int dims = builder.Dims;
        int[] all = [.. Enumerable.Range(0, dims)];
        string mode = module.Word("split_mode", "channel");
        (int[] passing, int[] moved) = mode switch
        {
            "channel" => (all[..((dims + 1) / 2)], all[((dims + 1) / 2)..]),
            "channel_inv" => (all[((dims + 1) / 2)..], all[..((dims + 1) / 2)]),
            _ => throw module.Refuse($"its split_mode is {mode}, expected channel or channel_inv"),
        };
        bool scales = module.Switch("scale", true);
        ForeignModule mlp = module.Inner("param_map") ?? throw module.Refuse("it has no network param_map, expected an MLP");
        ForeignNetwork network = Mlp(mlp, state, path, moved.Length * (scales ? 2 : 1));
        network.Map(output => scales ? output : output.WithoutScale());
        builder.Coupling(passing, moved, network, new(string.Empty) { Map = TransformMap.AffineNormflows });
    }

    private static ForeignNetwork? Mlp(ForeignModule module, ForeignState state, string path, string key, int dims) =>
        module.Inner(key) is ForeignModule mlp ? Mlp(mlp, state, $"{path}.{key}", dims) : null;

    private static ForeignNetwork Mlp(ForeignModule mlp, ForeignState state, string path, int outputs)
    {
        if (mlp.Class != "MLP")
        {
            throw mlp.Refuse("expected an MLP");
        }

        mlp.Allow(["layers", "leaky", "init_zeros"]);
        double leak = mlp.Number("leaky", 0);
        ForeignNetwork network = new(state.Linear($"{path}.net.0"), new ForeignActivation(Kernels.Activation.Relu, leak));
        for (int layer = 2; state.Contains($"{path}.net.{layer}.weight"); layer += 2)
        {
            network.Then(state.Linear($"{path}.net.{layer}"));
        }

        return network.Value.Count == outputs
            ? network
            : throw mlp.Refuse($"it has {network.Value.Count} outputs, expected {outputs}");
    }
}
