namespace FlowEngine.Architecture;

/// <summary>What gives the dimensions another order between the blocks of a model of vectors.</summary>
public enum Mixing
{
    /// <summary>The last dimension first.</summary>
    Reverse,

    /// <summary>A random order, drawn once and kept.</summary>
    Random,

    /// <summary>An invertible linear map, learned as an LU decomposition.</summary>
    Lu,
}
