namespace FlowEngine.Kernels.Device;

/// <summary>One entry point of a kernel that is compiled several times, each with other constants.</summary>
/// <remarks>
/// The constants stand for the kernel's last parameters, which are of type <c>int</c>; the entry points have the
/// parameters before them. There is one launcher, which takes all parameters and starts the variant whose constants are
/// the arguments given; it refuses others. kernels/README.md has an example.
/// </remarks>
/// <param name="name">The name of the entry point, one of its own in the class.</param>
/// <param name="values">The constants, one for each of the last parameters, as many in every variant.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class KernelVariantAttribute(string name, params int[] values) : Attribute
{
    /// <summary>The name of the entry point.</summary>
    public string Name { get; } = name;

    /// <summary>The constants.</summary>
    public IReadOnlyList<int> Values { get; } = values;
}
