namespace FlowEngine.Kernels.Device;

/// <summary>Bytes that know what may happen to them.</summary>
internal abstract class DeviceStorage
{
    /// <summary>A byte and those after it.</summary>
    /// <param name="place">Its place.</param>
    public abstract ref byte Byte(long place);

    /// <summary>Called before the current thread reads.</summary>
    /// <exception cref="KernelFaultException">It may not.</exception>
    public abstract void NoteRead(long place, int length, string name, SourceLine line);

    /// <summary>Called before the current thread writes.</summary>
    /// <exception cref="KernelFaultException">It may not.</exception>
    public abstract void NoteWrite(long place, int length, bool atomic, string name, SourceLine line);

    /// <summary>
    /// Called when an asynchronous copy to these bytes starts: they are nobody's until it is waited for.
    /// </summary>
    public abstract void NotePending(long place, int length, string name, SourceLine line);
}
