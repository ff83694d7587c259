namespace FlowEngine.Conformance;

/// <summary>How one case went.</summary>
/// <param name="Name">The kernel or operation.</param>
/// <param name="Shows">What it is there for, or its shape.</param>
/// <param name="Runs">How often it ran.</param>
/// <param name="Error">The largest error of all runs; NaN if a result was not finite.</param>
/// <param name="Tolerance">The largest error allowed.</param>
/// <param name="Fault">What the device said went wrong, or null.</param>
/// <param name="Seconds">The time it took, compilation included.</param>
public sealed record SelfTestResult(
    string Name, string Shows, int Runs, double Error, double Tolerance, string? Fault, double Seconds)
{
    /// <summary>Whether it gave what it should.</summary>
    public bool Passed => Fault is null && Error <= Tolerance;
}
