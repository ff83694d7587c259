namespace FlowEngine.Training;

/// <summary>How the learning rate goes after the warm-up.</summary>
public enum Schedule
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls to zero over the samples of the run, as half a cosine.</summary>
    Cosine,
}
