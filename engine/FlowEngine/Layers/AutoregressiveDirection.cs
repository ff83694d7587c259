namespace FlowEngine.Layers;

/// <summary>
/// Which direction of a masked autoregressive layer takes one pass of its network; the other is sequential.
/// </summary>
public enum AutoregressiveDirection
{
    /// <summary>Densities: (m, a) come from the data (MAF, Papamakarios 2017).</summary>
    Density,

    /// <summary>Samples: (m, a) come from the noise (IAF, Kingma 2016).</summary>
    Sample,
}
