namespace FlowEngine.Kernels.Device;

/// <summary>
/// Gives a member of the device API its name in the C preludes. The kernel compiler knows no other names.
/// </summary>
/// <remarks>A call becomes <c>name(receiver, arguments)</c>; a property becomes <c>name</c>.</remarks>
/// <param name="name">A macro or function that both preludes define.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Property | AttributeTargets.Constructor)]
public sealed class IntrinsicAttribute(string name) : Attribute
{
    /// <summary>The name in C.</summary>
    public string Name { get; } = name;

    /// <summary>
    /// Set where threads wait for each other. What waits is the method of the same name and parameters of the emulator's
    /// class <c>Emulated</c> and the name of the member's: a kernel's form for the emulator calls that.
    /// </summary>
    public bool Waits { get; init; }

    /// <summary>
    /// Set where the C function works through the warp's scratch memory, which the caller must pass on.
    /// </summary>
    public bool NeedsWarpScratch { get; init; }

    /// <summary>
    /// Set where the threads of a group may get different values. Those of members that wait always may.
    /// </summary>
    public bool Varying { get; init; }
}
