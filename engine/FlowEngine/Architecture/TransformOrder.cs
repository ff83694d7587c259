namespace FlowEngine.Architecture;

/// <summary>The order that a permutation gives a vector.</summary>
public enum TransformOrder
{
    /// <summary>The last first.</summary>
    Reverse,

    /// <summary>A random one, drawn once and kept.</summary>
    Random,

    /// <summary>The second half first.</summary>
    Halves,

    /// <summary>Every other one, then the others.</summary>
    Parted,
}
