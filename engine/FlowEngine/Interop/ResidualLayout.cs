namespace FlowEngine.Interop;

/// <summary>The networks that nflows and normflows share: ResidualNet and MADE, by the names of their parts.</summary>
internal static class ResidualLayout
{
    /// <summary>A ResidualNet, which reads the passing values and then the condition.</summary>
    /// <param name="module">What it belongs to.</param>
    /// <param name="state">The weights.</param>
    /// <param name="path">Its path among them.</param>
    /// <param name="passing">The passing values.</param>
    /// <param name="conditions">Numbers of the condition.</param>
    /// <exception cref="FlowException">It reads something else.</exception>
    public static IForeignNetwork ResidualNet(
        ForeignModule module, ForeignState state, string path, int passing, int conditions)
    {
        LinearRows initial = state.Linear($"{path}.initial_layer");
        if (initial.Inputs != passing + conditions)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                $"{module.Place}: its network reads {initial.Inputs} numbers, expected {passing} that pass and {conditions} of a context");
        }

        initial = initial.Columns([.. Enumerable.Range(passing, conditions), .. Enumerable.Range(0, passing)]);
        List<(LinearRows First, LinearRows Second)> blocks = [];
        for (int block = 0; state.Contains($"{path}.blocks.{block}.linear_layers.0.weight"); block++)
        {
            blocks.Add((Linear(state, path, block, 0), Linear(state, path, block, 1)));
        }

        LinearRows last = state.Linear($"{path}.final_layer");
        if (conditions > 0 && blocks.Count > 0)
        {
            return new GatedNetwork(
                initial,
                [.. blocks.Select((maps, block) => (maps.First, maps.Second, state.Linear($"{path}.blocks.{block}.context_layer")))],
                last);
        }

        ForeignNetwork network = new(initial);
        foreach ((LinearRows first, LinearRows second) in blocks)
        {
            network.Residual(first, second, null, null);
        }

        network.Map(last.Of);
        return network;
    }

    /// <summary>nflows' MADE: a map of the condition is rectified and added to the first layer, and to each residual block.</summary>
    public static ForeignNetwork NflowsMade(ForeignState state, string path, int dims, int conditions)
    {
        LinearRows initial = state.Linear($"{path}.initial_layer");
        if (conditions == 0)
        {
            return Made(state, path, new ForeignNetwork(initial), null);
        }

        int units = initial.Count;
        LinearRows added = state.Linear($"{path}.context_layer");
        int inputs = conditions + dims;
        LinearRows context = LinearRows.Unit(0, conditions, inputs);
        LinearRows x = LinearRows.Unit(conditions, dims, inputs);
        int hidden = units + (2 * inputs);
        LinearRows rectified = LinearRows.Unit(0, units, hidden);
        LinearRows xNow = LinearRows.Unit(units, dims, hidden).Minus(LinearRows.Unit(units + dims, dims, hidden));
        int at = units + (2 * dims);
        LinearRows contextNow = LinearRows.Unit(at, conditions, hidden)
            .Minus(LinearRows.Unit(at + conditions, conditions, hidden));
        ForeignNetwork network = new(added.Of(context));
        network.Then(
            LinearRows.Stack(added.Of(context), x, x.Negated(), context, context.Negated()),
            initial.Of(xNow).Plus(rectified));
        return Made(state, path, network, contextNow);
    }

    /// <summary>normflows' MADE, without a condition.</summary>
    public static ForeignNetwork NormflowsMade(ForeignModule module, ForeignState state, string path)
    {
        if (state.Contains($"{path}.context_layer.weight"))
        {
            throw module.Refuse(
                "its MADE gates residual blocks by the context, which no network of a checkpoint does; needed: gated blocks");
        }

        return Made(state, path, new ForeignNetwork(state.Linear($"{path}.initial_layer")), null);
    }

    private static ForeignNetwork Made(ForeignState state, string path, ForeignNetwork network, LinearRows? context)
    {
        int block = 0;
        for (; state.Contains($"{path}.blocks.{block}.linear_layers.0.weight"); block++)
        {
            LinearRows? added = context is null ? null : state.Linear($"{path}.blocks.{block}.context_layer");
            context = network.Residual(Linear(state, path, block, 0), Linear(state, path, block, 1), context, added);
        }

        if (block > 0)
        {
            network.Map(state.Linear($"{path}.final_layer").Of);
            return network;
        }

        // Plain blocks: each is a map and then ReLU; of the first sum ReLU is taken, too.
        for (; state.Contains($"{path}.blocks.{block}.linear.weight"); block++)
        {
            network.Then(state.Linear($"{path}.blocks.{block}.linear"));
        }

        if (block == 0)
        {
            throw new FlowException(FlowErrorKind.BadFormat, $"the weights have no {path}.blocks.0, expected a MADE of one or more blocks");
        }

        network.Then(state.Linear($"{path}.final_layer"));
        return network;
    }

    private static LinearRows Linear(ForeignState state, string path, int block, int layer) =>
        state.Linear($"{path}.blocks.{block}.linear_layers.{layer}");
}
