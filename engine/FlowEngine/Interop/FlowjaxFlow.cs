using System.Text.Json;
using System.Text.Json.Nodes;

using FlowEngine.Architecture;

namespace FlowEngine.Interop;

/// <summary>
/// Flows of flowjax 17, as jester saves them: an Equinox file, and the arguments of the flow with the standardization of the data.
/// </summary>
internal static class FlowjaxFlow
{
    private static readonly double _rawOfUnitScale = Math.Log(Math.E - 1);

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

        if (!flow.Switch("invert", true))
        {
            throw flow.Refuse("its invert is false, so that a sample takes one pass and a density many; needed: invert true");
        }

        int dims = leaves.PeekLength("location of the base");
        int conditions = flow.Integer("cond_dim", 0);
        if (conditions < 0)
        {
            throw new FlowException(FlowErrorKind.BadFormat, $"its cond_dim is {conditions}, expected 0 or more");
        }

        ForeignFlowBuilder builder = new(dims, conditions);
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

        return ForeignModule.Of(
            new() { ["class"] = type.GetString(), ["arguments"] = JsonObject.Create(arguments.Clone()) }, "the flow");
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
        if (count < 1 || depth < 0 || width < 1)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                $"its flow_layers, nn_depth and nn_width are {count}, {depth} and {width}, expected 1 or more, 0 or more and 1 or more");
        }

        Transform map = Transformer(flow);
        int passing = isAutoregressive ? 0 : dims / 2;
        int read = isAutoregressive ? dims : passing;
        int outputs = (dims - passing) * map.MonotonicMap.ParametersLength;
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

            if (map.Map == TransformMap.AffineFlowjax)
            {
                // The raw number of a scale of 1 is added to each, behind the shift.
                network.Map(output => output with { Bias = [.. output.Bias.Select((bias, i) => i % 2 == 0 ? bias : bias + _rawOfUnitScale)] });
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

    private static Transform Transformer(ForeignModule flow)
    {
        string name = flow.Word("transformer_type", "affine");
        return name switch
        {
            "affine" => new Transform(string.Empty) { Map = TransformMap.AffineFlowjax },
            "rational_quadratic_spline" => flow.Spline(
                TransformMap.SplineFlowjax, flow.Integer("transformer_knots", 8) + 1, flow.Number("transformer_interval", 4)),
            _ => throw flow.Refuse($"its transformer_type is {name}, expected affine or rational_quadratic_spline"),
        };
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
