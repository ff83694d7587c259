using FlowEngine.Kernels;

namespace FlowEngine.Execution;

/// <summary>Allocates the large buffers, of weights and plans.</summary>
internal static class WholeMemory
{
    /// <summary>Allocates, unless the whole machine has less.</summary>
    /// <param name="backend">Who allocates.</param>
    /// <param name="length">Elements.</param>
    /// <param name="what">What they are for, in the error.</param>
    /// <param name="advice">The end of the error.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.OutOfMemory"/>: there is not enough memory.</exception>
    /// <remarks>
    /// A system that hands out more than it has ends the process at the first touch of what is missing, which no
    /// program can catch: so what cannot be there is refused beforehand.
    /// </remarks>
    public static DeviceBuffer Allocate(IBackend backend, long length, string what, string advice)
    {
        int elementSize = backend.ElementType == ElementType.Float64 ? sizeof(double) : sizeof(float);
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        Exception? cause = null;
        if (length <= available / elementSize)
        {
            try
            {
                return backend.Allocate(length);
            }
            catch (OutOfMemoryException exception)
            {
                cause = exception;
            }
        }

        throw new FlowException(
            FlowErrorKind.OutOfMemory,
            $"{what} needs {length} elements of {elementSize} bytes, and the memory has {available} bytes{advice}",
            cause);
    }
}
