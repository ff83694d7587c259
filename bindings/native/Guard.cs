using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Native;

/// <summary>Runs what an export does: no exception crosses into C, each becomes a status and a message.</summary>
internal static class Guard
{
    private const int Ok = 0;

    /// <summary>Runs a body.</summary>
    /// <returns>The status, <see cref="FlowErrorKind"/> or 0.</returns>
    public static int Run(Action body)
    {
        try
        {
            body();
            return Ok;
        }
        catch (FlowException exception)
        {
            return Fail(exception.Kind, exception.Message);
        }
        catch (GpuException exception)
        {
            return Fail(KindOf(exception.Kind), exception.Message);
        }
        catch (OutOfMemoryException)
        {
            return Fail(FlowErrorKind.OutOfMemory, "memory ran out");
        }
        catch (Exception exception)
        {
            return Fail(FlowErrorKind.Internal, $"{exception.GetType().Name}: {exception.Message}");
        }
    }

    private static FlowErrorKind KindOf(GpuErrorKind kind) => kind switch
    {
        GpuErrorKind.NoDevice => FlowErrorKind.NoDevice,
        GpuErrorKind.BadHandle => FlowErrorKind.InvalidArgument,
        GpuErrorKind.OutOfMemory => FlowErrorKind.OutOfMemory,
        _ => FlowErrorKind.DeviceFailed,
    };

    private static int Fail(FlowErrorKind kind, string message)
    {
        try
        {
            ThreadError.Set(message);
        }
        catch (OutOfMemoryException)
        {
            // The status says it all.
        }

        return (int)kind;
    }
}
