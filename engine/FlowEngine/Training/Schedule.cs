namespace FlowEngine.Training;

/// <summary>How the learning rate goes after the warm-up.</summary>
public enum Schedule
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls to the final rate over the samples of the run, as half a cosine.</summary>
    Cosine,

    /// <summary>It stays for three quarters of the run, and falls in a straight line to the final rate over the last one.</summary>
    Cooldown,
}
