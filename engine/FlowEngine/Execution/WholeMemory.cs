using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Execution;

/// <summary>Allocates the large buffers, of weights and plans.</summary>
internal static class WholeMemory
{
    /// <summary>Allocates, unless the whole device has less.</summary>
    /// <param name="backend">Who allocates.</param>
    /// <param name="length">Elements.</param>
    /// <param name="what">What they are for, in the error.</param>
    /// <param name="advice">From the free bytes to the end of the error; null for none.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.OutOfMemory"/>: there is not enough memory.</exception>
    /// <remarks>
    /// A system that hands out more than it has ends the process at the first touch of what is missing, which no
    /// program can catch: so what cannot be there is refused beforehand.
    /// </remarks>
    public static DeviceBuffer Allocate(IBackend backend, long length, string what, Func<long, string>? advice = null)
    {
        int elementSize = backend.ElementType == ElementType.Float64 ? sizeof(double) : sizeof(float);
        Exception? cause = null;
        if (length <= backend.Memory.TotalBytes / elementSize)
        {
            try
            {
                return backend.Allocate(length);
            }
            catch (Exception exception)
                when (exception is OutOfMemoryException or GpuException { Kind: GpuErrorKind.OutOfMemory })
            {
                cause = exception;
            }
        }

        DeviceMemory memory = backend.Memory;
        string needed = length > long.MaxValue / elementSize
            ? $"{length} elements of {elementSize} bytes"
            : MemoryText.Bytes(length * elementSize);
        throw new FlowException(
            FlowErrorKind.OutOfMemory,
            $"{what} needs {needed}; {backend.Name} has {MemoryText.Bytes(memory.FreeBytes)} free of "
            + $"{MemoryText.Bytes(memory.TotalBytes)}{advice?.Invoke(memory.FreeBytes)}",
            cause);
    }
}
