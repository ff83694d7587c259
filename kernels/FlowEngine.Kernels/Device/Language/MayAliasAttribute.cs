namespace FlowEngine.Kernels.Device;

/// <summary>
/// On a kernel's memory parameter: its memory may overlap that of other parameters. Then a thread may write only what
/// no other thread reads, and no element before it has read what it needs of it.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class MayAliasAttribute : Attribute;
