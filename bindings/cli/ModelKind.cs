namespace FlowEngine.Cli;

/// <summary>The models that can be trained.</summary>
internal enum ModelKind
{
    /// <summary>Glow (Kingma and Dhariwal 2018).</summary>
    Glow,
}
