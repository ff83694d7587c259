namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>Who last touched an element, and when.</summary>
internal struct ShadowCell
{
    /// <summary>The interval of the last write, 0 if there was none.</summary>
    public int Write;

    /// <summary>The interval of the last read, 0 if there was none.</summary>
    public int Read;

    /// <summary>What the two do not say.</summary>
    public ShadowFlags Flags;
}
