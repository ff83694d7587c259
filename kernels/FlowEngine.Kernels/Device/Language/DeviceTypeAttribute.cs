namespace FlowEngine.Kernels.Device;

/// <summary>Gives a type of the device API its name in the C preludes; its fields keep theirs, in lower case.</summary>
/// <param name="name">A type that both preludes define.</param>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class DeviceTypeAttribute(string name) : Attribute
{
    /// <summary>The name in C.</summary>
    public string Name { get; } = name;
}
