using System.Text.Json;
using System.Text.Json.Nodes;

using FlowEngine.Architecture;

namespace FlowEngine.Interop;

/// <summary>
/// Flows of flowjax 17, as jester saves them: an Equinox file, and the arguments of the flow with the standardization of the data.
/// </summary>
internal static class FlowjaxFlow
{
    /// <summary>Reads the transforms and the base.</summary>
    /// <param name="description">The arguments, as JSON.</param>
    /// <param name="leaves">The weights.</param>
    public static ForeignFlowBuilder Read(string description, EquinoxLeaves leaves)
    {
        using JsonDocument document = JsonDocument.Parse(description);
        ForeignModule flow = Module(document.RootElement);
        bool isAutoregressive = flow.Class == "masked_autoregressive_flow";
        if (!isAutoregressive && flow.Class != "coupling_flow")
        {
            throw flow.Refuse("expected masked_autoregressive_flow or coupling_flow");
        }

        string transformer = flow.Word("transformer_type", "affine");
        if (transformer != "rational_quadratic_spline")
        {
            throw flow.Refuse($"its transformer_type is {transformer}, expected rational_quadratic_spline");
        }

        if (!flow.Switch("invert", true))
        {
            throw flow.Refuse("its invert is false, so that a sample takes one pass and a density many; needed: invert true");
        }

        int dims = leaves.PeekLength("location of the base");
        ForeignFlowBuilder builder = new(dims, flow.Integer("cond_dim", 0));
        double[] mean = leaves.Take("the location of the base", dims);
        double[] scale = leaves.Take("the scale of the base", dims);
        builder.Base(mean, Array.ConvertAll(scale, raw => Math.Log(NflowsFlow.Softplus(raw))));
        Standardize(flow, builder);
        Layers(flow, leaves, builder, isAutoregressive);
        leaves.ExpectEmpty();
        return builder;
    }

    // The arguments lie in the description itself.
    private static ForeignModule Module(JsonElement arguments)
    {
        if (!arguments.TryGetProperty("flow_type", out JsonElement type) || type.ValueKind != JsonValueKind.String)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat, "it has no flow_type, expected the flow_kwargs.json beside the weights");
        }

        JsonObject module = new() { ["class"] = type.GetString(), ["arguments"] = JsonObject.Create(arguments.Clone()) };
        using JsonDocument document = JsonDocument.Parse(module.ToJsonString());
        return new ForeignModule(document.RootElement.Clone(), "the flow");
    }

    private static void Standardize(ForeignModule flow, ForeignFlowBuilder builder)
    {
        if (!flow.Switch("standardize", false))
        {
            return;
        }

        int dims = builder.Dims;
        double[]? mean = flow.Numbers("data_mean", dims);
        double[]? deviation = flow.Numbers("data_std", dims);
        double[]? least = flow.Numbers("data_bounds_min", dims);
        double[]? most = flow.Numbers("data_bounds_max", dims);
        if (mean is null || deviation is null)
        {
            if (least is null || most is null)
            {
                throw new FlowException(
                    FlowErrorKind.BadFormat,
                    "its standardize is true, and it has neither data_mean and data_std nor data_bounds_min and data_bounds_max; "
                    + "metadata.json beside it may have them: add them to the description");
            }

            (mean, deviation) = (least, [.. most.Zip(least, (high, low) => high - low)]);
        }

        if (deviation.Any(value => !(value >= 0)))
        {
            throw new FlowException(FlowErrorKind.BadFormat, "its standardization divides by a negative number");
        }

        // In two steps: the first leaves x - mean without an error in float32, where one rounded mean costs the digits in which
        // its deviation is smaller.
        builder.ScaleAndShift(Array.ConvertAll(mean, value => -(double)(float)value), new double[dims]);
        builder.ScaleAndShift(
            Array.ConvertAll(mean, value => (float)value - value),
            Array.ConvertAll(deviation, value => value == 0 ? 0 : -Math.Log(value)));
    }

    // The layers are one, whose arrays have an axis more, the first: that of the layers.
    private static void Layers(ForeignModule flow, EquinoxLeaves leaves, ForeignFlowBuilder builder, bool isAutoregressive)
    {
        int dims = builder.Dims;
        int count = flow.Integer("flow_layers", 1);
        int depth = flow.Integer("nn_depth", 1);
        int width = flow.Integer("nn_width", 50);
        int knots = flow.Integer("transformer_knots", 8);
        Transform map = new(string.Empty)
        {
            Map = TransformMap.SplineFlowjax,
            SplineBins = knots + 1,
            Bound = flow.Number("transformer_interval", 4),
        };
        int passing = isAutoregressive ? 0 : dims / 2;
        int read = isAutoregressive ? dims : passing;
        int outputs = (dims - passing) * ((3 * knots) + 2);
        List<LinearRows[]> maps = [];
        for (int l = 0; l <= depth; l++)
        {
            maps.Add(Linear(
                leaves, $"layer {l} of its networks", count, l == 0 ? read + builder.Conditions : width, l == depth ? outputs : width));
        }

        double[]? order = dims > 2 ? leaves.Take("the permutations", count, dims) : null;
        if (order is not null)
        {
            leaves.Take("the inverse permutations", count, dims);
        }

        int[] all = [.. Enumerable.Range(0, dims)];
        for (int layer = 0; layer < count; layer++)
        {
            ForeignNetwork network = new(maps[0][layer], default);
            foreach (LinearRows[] next in maps.Skip(1))
            {
                network.Then(next[layer]);
            }

            network.OrderInputs([.. Enumerable.Range(read, builder.Conditions), .. Enumerable.Range(0, read)]);
            if (isAutoregressive)
            {
                builder.Autoregressive(all, network, map);
            }
            else
            {
                builder.Coupling(all[..passing], all[passing..], network, map);
            }

            builder.Permute(order is null ? [.. all.Reverse()] : Permutation(order.AsSpan(layer * dims, dims)));
        }
    }

    private static LinearRows[] Linear(EquinoxLeaves leaves, string what, int layers, int inputs, int outputs)
    {
        double[]? mask = leaves.IsMaskNext ? leaves.Take($"the mask of {what}", layers, outputs, inputs) : null;
        double[] weights = leaves.Take($"the weight of {what}", layers, outputs, inputs);
        double[] biases = leaves.Take($"the bias of {what}", layers, outputs);
        if (mask is not null)
        {
            weights = [.. weights.Zip(mask, (weight, isRead) => weight * isRead)];
        }

        return
        [
            .. weights.Chunk(outputs * inputs).Zip(
                biases.Chunk(outputs), (weight, bias) => new LinearRows([.. weight.Chunk(inputs)], bias)),
        ];
    }

    private static int[] Permutation(ReadOnlySpan<double> values)
    {
        int[] order = Array.ConvertAll(values.ToArray(), value => (int)value);
        return order.Order().SequenceEqual(Enumerable.Range(0, order.Length)) ? order : throw new FlowException(
            FlowErrorKind.BadFormat, "its weights hold a permutation that is not one: expected each place once");
    }
}
