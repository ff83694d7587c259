using FlowEngine.Checkpoints;

namespace FlowEngine.Interop;

/// <summary>Converts state dicts of rosinality/glow-pytorch to FlowEngine's tensors and back.</summary>
/// <remarks>
/// The two agree on everything but this: FlowEngine trains ActNorm's <em>log</em> scale, and keeps only the free
/// numbers of the 1x1 convolution. A negative ActNorm scale is therefore folded into the convolution,
/// W·diag(s) = (W·diag(sign s))·diag(|s|), which is exact. A dense convolution is factored. What is exported
/// computes the same densities as what was imported; it need not hold the same bytes.
/// </remarks>
public static class RosinalityLayout
{
    private const string DataParallelPrefix = "module.";

    /// <summary>Converts a state dict.</summary>
    /// <param name="tensors">The whole state dict; names may begin with <c>module.</c>, and the 1x1 convolutions
    /// may be dense or factored. F64 tensors stay F64, other floating-point types become F32.</param>
    /// <returns>FlowEngine's tensors, step by step, and the sizes of the model.</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: a tensor, which the message names, is
    /// missing, unexpected, of the wrong shape or type, or holds values no such model has.</exception>
    public static (IReadOnlyList<NamedTensor> Tensors, RosinalityShape Shape) Import(IEnumerable<NamedTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var source = new TensorTable(tensors, DataParallelPrefix);
        RosinalityShape shape = InferShape(source);
        var result = new List<NamedTensor>();
        for (int level = 0; level < shape.Levels; level++)
        {
            for (int step = 0; step < shape.Steps; step++)
            {
                RosinalityStep.Import(source, level, step, shape.StepChannels(level), result);
                foreach (RosinalityNames.Pair pair in RosinalityNames.StepPairs(shape, level, step))
                {
                    result.Add(source.TakeReal(pair.Theirs, pair.TheirShape).As(pair.Ours, pair.OurShape));
                }
            }

            foreach (RosinalityNames.Pair pair in RosinalityNames.PriorPairs(shape, level))
            {
                result.Add(source.TakeReal(pair.Theirs, pair.TheirShape).As(pair.Ours, pair.OurShape));
            }
        }

        source.ExpectEmpty();
        return (result, shape);
    }

    /// <summary>Makes a complete state dict in float32, masks and flags included, with factored convolutions.</summary>
    /// <param name="tensors">FlowEngine's tensors of the model.</param>
    /// <param name="shape">The sizes of the model.</param>
    /// <returns>The state dict.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: as for <see cref="Import"/>.</exception>
    public static IReadOnlyList<NamedTensor> Export(IEnumerable<NamedTensor> tensors, RosinalityShape shape)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Channels, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Levels, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Steps, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(shape.Hidden, nameof(shape));
        var source = new TensorTable(tensors);
        var result = new List<NamedTensor>();
        for (int level = 0; level < shape.Levels; level++)
        {
            for (int step = 0; step < shape.Steps; step++)
            {
                RosinalityStep.Export(source, level, step, shape.StepChannels(level), result);
                foreach (RosinalityNames.Pair pair in RosinalityNames.StepPairs(shape, level, step))
                {
                    result.Add(ToSingle(source.TakeReal(pair.Ours, pair.OurShape)).As(pair.Theirs, pair.TheirShape));
                }
            }

            foreach (RosinalityNames.Pair pair in RosinalityNames.PriorPairs(shape, level))
            {
                result.Add(ToSingle(source.TakeReal(pair.Ours, pair.OurShape)).As(pair.Theirs, pair.TheirShape));
            }
        }

        source.ExpectEmpty();
        return result;
    }

    private static NamedTensor ToSingle(NamedTensor tensor) =>
        tensor.Type == TensorType.F32 ? tensor : new NamedTensor(tensor.Name, tensor.ToSingles(), tensor.Shape);

    private static RosinalityShape InferShape(TensorTable source)
    {
        HashSet<string> modules = Modules(source.Names);
        int levels = CountWhile(level => modules.Contains($"blocks.{level}"));
        int steps = CountWhile(step => modules.Contains(RosinalityNames.TheirStep(0, step)));
        if (levels == 0 || steps == 0)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                "no tensor is named blocks.0.flows.0.*: not a state dict of rosinality/glow-pytorch");
        }

        string first = RosinalityNames.TheirStep(0, 0);
        string scaleName = $"{first}.actnorm.scale";
        string outputName = $"{first}.coupling.net.4.conv.weight";
        int channels = source.Dimension(scaleName, rank: 4, axis: 1);
        int hidden = source.Dimension($"{first}.coupling.net.0.weight", rank: 4, axis: 0);
        int outputs = source.Dimension(outputName, rank: 4, axis: 0);
        if (channels % 4 != 0)
        {
            throw TensorTable.Bad(scaleName, $"has {channels} channels; a squeezed image has a multiple of 4");
        }

        return outputs == channels || outputs == channels / 2
            ? new RosinalityShape(channels / 4, levels, steps, hidden, Affine: outputs == channels)
            : throw TensorTable.Bad(
                outputName,
                $"has {outputs} outputs; expected {channels} (affine) or {channels / 2} (additive)");
    }

    /// <summary>Every <c>blocks.B</c> and <c>blocks.B.flows.K</c> that a name lies in.</summary>
    private static HashSet<string> Modules(IEnumerable<string> names)
    {
        var modules = new HashSet<string>();
        foreach (string name in names)
        {
            string[] parts = name.Split('.', 5);
            modules.Add(string.Join('.', parts.Take(2)));
            modules.Add(string.Join('.', parts.Take(4)));
        }

        return modules;
    }

    private static int CountWhile(Predicate<int> holds)
    {
        int count = 0;
        while (holds(count))
        {
            count++;
        }

        return count;
    }
}
