using FlowEngine.Execution;

namespace FlowEngine.Native;

/// <summary>The numbers <c>FLOW_ACTIVATIONS_...</c> of flowengine.h.</summary>
internal static class Activations
{
    private static readonly MemoryMode?[] _modes = [null, MemoryMode.Store, MemoryMode.Invert];

    /// <summary>The mode of a number; null to choose.</summary>
    public static MemoryMode? Mode(int activations, string name)
    {
        Check.Choice(name, activations, _modes.Length);
        return _modes[activations];
    }
}
