using FlowEngine.Kernels;

namespace FlowEngine.Interop;

/// <summary>The networks that nflows and normflows share: ResidualNet and MADE, by the names of their parts.</summary>
/// <param name="module">What has the network: its activation is there.</param>
/// <param name="state">The weights.</param>
/// <param name="path">The network's path among them.</param>
internal sealed class ResidualLayout(ForeignModule module, ForeignState state, string path)
{
    // Of the batch normalization in their blocks.
    private const double NormEps = 1e-3;

    private readonly ForeignActivation _activation = module.Activation();

    /// <summary>A ResidualNet, which reads the passing values and then the condition.</summary>
    /// <param name="passing">The passing values.</param>
    /// <param name="conditions">Numbers of the condition.</param>
    /// <exception cref="FlowException">It reads something else.</exception>
    public IForeignNetwork ResidualNet(int passing, int conditions)
    {
        LinearRows initial = state.Linear($"{path}.initial_layer");
        if (initial.Inputs != passing + conditions)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                $"{module.Place}: its network reads {initial.Inputs} numbers, expected {passing} that pass and {conditions} of a context");
        }

        initial = initial.Columns([.. Enumerable.Range(passing, conditions), .. Enumerable.Range(0, passing)]);
        return Blocks(initial, hasContext: conditions > 0);
    }

    /// <summary>
    /// nflows' MADE: a map of the condition is activated and added to the first layer, and maps of it are added in residual blocks.
    /// </summary>
    public IForeignNetwork NflowsMade(int dims, int conditions)
    {
        LinearRows initial = state.Linear($"{path}.initial_layer");
        bool isResidual = module.Switch("use_residual_blocks", true);
        if (conditions == 0)
        {
            return isResidual ? Blocks(initial, hasContext: false) : PlainBlocks(new ForeignNetwork(initial, _activation));
        }

        LinearRows added = state.Linear($"{path}.context_layer");
        if (_activation is not { IsRectifier: true, Leak: 0 })
        {
            return isResidual
                ? Blocks(initial, hasContext: true, added)
                : PlainBlocks(new ForeignNetwork(initial, new ForeignActivation(LayeredActivation), added));
        }

        int units = initial.Count;
        int inputs = conditions + dims;
        LinearRows context = LinearRows.Unit(0, conditions, inputs);
        LinearRows x = LinearRows.Unit(conditions, dims, inputs);
        int hidden = units + (2 * inputs);
        LinearRows rectified = LinearRows.Unit(0, units, hidden);
        LinearRows xNow = LinearRows.Unit(units, dims, hidden).Minus(LinearRows.Unit(units + dims, dims, hidden));
        int at = units + (2 * dims);
        LinearRows contextNow = LinearRows.Unit(at, conditions, hidden)
            .Minus(LinearRows.Unit(at + conditions, conditions, hidden));
        ForeignNetwork network = new(added.Of(context), _activation);
        network.Hide(
            LinearRows.Stack(added.Of(context), x, x.Negated(), context, context.Negated()),
            initial.Of(xNow).Plus(rectified));
        return isResidual ? RectifiedBlocks(network, contextNow) : PlainBlocks(network);
    }

    /// <summary>normflows' MADE: a map of the condition is added to the first layer, and gates the residual blocks.</summary>
    public IForeignNetwork NormflowsMade(int dims, int conditions)
    {
        LinearRows initial = state.Linear($"{path}.initial_layer");
        if (conditions > 0)
        {
            LinearRows added = state.Linear($"{path}.context_layer");
            int inputs = conditions + dims;
            initial = added.Of(LinearRows.Unit(0, conditions, inputs)).Plus(initial.Of(LinearRows.Unit(conditions, dims, inputs)));
        }

        return Blocks(initial, hasContext: conditions > 0);
    }

    // That of a network that is no chain of rectifiers: it has one slope below 0.
    private Activation LayeredActivation => _activation.Leak switch
    {
        0 => _activation.Kind,
        0.01 => Activation.LeakyRelu,
        double leak => throw module.Refuse(
            $"a context gates or is added to leaky rectifiers with a slope of {leak} below 0; needed: a slope of 0 or 0.01"),
    };

    private bool Has(int block, string part) =>
        state.Contains($"{path}.blocks.{block}.{part}.weight");

    // Residual blocks, which a context gates, or is added to where it is to the first layer.
    private IForeignNetwork Blocks(LinearRows initial, bool hasContext, LinearRows? added = null)
    {
        if (_activation.IsRectifier && added is null && (!hasContext || !Has(0, "linear_layers.0")))
        {
            return RectifiedBlocks(new ForeignNetwork(initial, _activation), null);
        }

        List<(LinearRows First, LinearRows Second, LinearRows? Context)> blocks = [];
        for (int block = 0; Has(block, "linear_layers.0"); block++)
        {
            if (Norms(block, initial.Count) is not null)
            {
                throw module.Refuse(
                    "its network has batch normalization in residual blocks that a context gates or whose activation is not "
                    + "ReLU; needed: blocks without it");
            }

            blocks.Add((
                Linear(block, "linear_layers.0"), Linear(block, "linear_layers.1"), hasContext ? Linear(block, "context_layer") : null));
        }

        LinearRows last = state.Linear($"{path}.final_layer");
        if (blocks.Count > 0)
        {
            return new ResidualNetwork(LayeredActivation, initial, blocks, last, added);
        }

        if (added is not null)
        {
            throw module.Refuse("its MADE adds a context and has no block; needed: one block");
        }

        // Without a block there is no activation.
        ForeignNetwork network = new(initial, _activation);
        network.Map(last.Of);
        return network;
    }

    private ForeignNetwork RectifiedBlocks(ForeignNetwork network, LinearRows? context)
    {
        for (int block = 0; Has(block, "linear_layers.0"); block++)
        {
            LinearRows? added = context is null ? null : Linear(block, "context_layer");
            context = network.Residual(
                Linear(block, "linear_layers.0"),
                Linear(block, "linear_layers.1"),
                Norms(block, network.Value.Count),
                context,
                added);
        }

        network.Map(state.Linear($"{path}.final_layer").Of);
        return network;
    }

    // Each is a map and then the activation; of the first sum it is taken, too.
    private ForeignNetwork PlainBlocks(ForeignNetwork network)
    {
        for (int block = 0; Has(block, "linear"); block++)
        {
            network.Then(Plain(block));
        }

        network.Then(state.Linear($"{path}.final_layer"));
        return network;
    }

    private LinearRows Plain(int block)
    {
        LinearRows map = Linear(block, "linear");
        Func<LinearRows, LinearRows>? norm = state.BatchNorm($"{path}.blocks.{block}.batch_norm", map.Inputs, NormEps);
        return norm is null ? map : map.Of(norm(LinearRows.Unit(0, map.Inputs, map.Inputs)));
    }

    private (Func<LinearRows, LinearRows> First, Func<LinearRows, LinearRows> Second)? Norms(int block, int width)
    {
        string norms = $"{path}.blocks.{block}.batch_norm_layers";
        return state.BatchNorm($"{norms}.0", width, NormEps) is Func<LinearRows, LinearRows> first
            && state.BatchNorm($"{norms}.1", width, NormEps) is Func<LinearRows, LinearRows> second
                ? (first, second)
                : null;
    }

    private LinearRows Linear(int block, string part) => state.Linear($"{path}.blocks.{block}.{part}");
}
