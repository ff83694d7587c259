namespace FlowEngine.Interop;

/// <summary>Which tensor of a rosinality/glow-pytorch state dict is which of FlowEngine's.</summary>
internal static class RosinalityNames
{
    internal static string TheirStep(int level, int step) => $"blocks.{level}.flows.{step}";

    internal static string OurStep(int level, int step) => $"levels.{level}.steps.{step}";

    /// <summary>The tensors of a step that hold the same values in both; only name and shape differ.</summary>
    internal static IEnumerable<Pair> StepPairs(RosinalityShape shape, int level, int step)
    {
        string theirs = TheirStep(level, step);
        string ours = OurStep(level, step);
        long channels = shape.StepChannels(level);
        long half = channels / 2;
        long hidden = shape.Hidden;
        yield return new($"{theirs}.actnorm.loc", [1, channels, 1, 1], $"{ours}.actnorm.bias", [channels]);
        yield return Same(
            $"{theirs}.coupling.net.0.weight", $"{ours}.coupling.conv1.weight", [hidden, half, 3, 3]);
        yield return Same($"{theirs}.coupling.net.0.bias", $"{ours}.coupling.conv1.bias", [hidden]);
        yield return Same(
            $"{theirs}.coupling.net.2.weight", $"{ours}.coupling.conv2.weight", [hidden, hidden, 1, 1]);
        yield return Same($"{theirs}.coupling.net.2.bias", $"{ours}.coupling.conv2.bias", [hidden]);
        foreach (Pair pair in ZeroConvolution(
            $"{theirs}.coupling.net.4", $"{ours}.coupling.conv3", hidden, shape.Affine ? channels : half))
        {
            yield return pair;
        }
    }

    /// <summary>
    /// The prior that ends a level, means first: of the half that leaves given the half that stays,
    /// or, on the last level, of all that is left.
    /// </summary>
    internal static IEnumerable<Pair> PriorPairs(RosinalityShape shape, int level)
    {
        long channels = shape.StepChannels(level);
        return level < shape.Levels - 1
            ? ZeroConvolution($"blocks.{level}.prior", $"levels.{level}.split.prior", channels / 2, channels)
            : ZeroConvolution($"blocks.{level}.prior", $"levels.{level}.prior", channels, 2 * channels);
    }

    private static IEnumerable<Pair> ZeroConvolution(string theirs, string ours, long inputs, long outputs)
    {
        yield return Same($"{theirs}.conv.weight", $"{ours}.weight", [outputs, inputs, 3, 3]);
        yield return Same($"{theirs}.conv.bias", $"{ours}.bias", [outputs]);
        yield return new($"{theirs}.scale", [1, outputs, 1, 1], $"{ours}.log_scale", [outputs]);
    }

    private static Pair Same(string theirs, string ours, long[] shape) => new(theirs, shape, ours, shape);

    /// <summary>One tensor in both layouts.</summary>
    internal readonly record struct Pair(string Theirs, long[] TheirShape, string Ours, long[] OurShape);
}
