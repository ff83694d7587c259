using FlowEngine.Layers;

namespace FlowEngine.Architecture;

/// <summary>One transform of a list, with its network if it has one.</summary>
/// <remarks>What it has beside its type, its <see cref="TransformKind"/> says; the rest is not looked at.</remarks>
/// <param name="Type">The name of its kind, one of <see cref="TransformKind.All"/>.</param>
public sealed record Transform(string Type)
{
    /// <summary>The order of a permutation.</summary>
    public TransformOrder Order { get; init; }

    /// <summary>Units of a hidden layer of its network.</summary>
    public int Hidden { get; init; } = 256;

    /// <summary>Hidden layers of its network.</summary>
    public int HiddenLayers { get; init; } = 2;

    /// <summary>Which direction of an autoregressive transform takes one pass.</summary>
    public AutoregressiveDirection Direction { get; init; }
}
