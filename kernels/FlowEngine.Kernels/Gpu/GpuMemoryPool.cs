using System.Numerics;

namespace FlowEngine.Kernels.Gpu;

/// <summary>Keeps memory that was given back, by size class, so that the driver is rarely asked.</summary>
/// <remarks>
/// Classes are powers of two and the three steps between: at most a quarter of a block is not used. Blocks of plans are
/// large, few and long-lived, and too much to waste a quarter of: they are their own class, in steps of 2 MiB.
/// </remarks>
/// <param name="device">Where memory comes from.</param>
internal sealed class GpuMemoryPool(GpuDevice device) : IDisposable
{
    private const long Smallest = 256;
    private const long Large = 1L << 26;
    private const long LargeStep = 1L << 21;

    private readonly Dictionary<long, Stack<GpuMemory>> _free = [];
    private readonly Lock _lock = new();
    private bool _disposed;

    /// <summary>Memory of at least this size.</summary>
    /// <param name="lengthInBytes">The size.</param>
    public GpuMemory Rent(long lengthInBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lengthInBytes, 1);
        long size = SizeClass(lengthInBytes);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, device);
            if (_free.TryGetValue(size, out Stack<GpuMemory>? free) && free.TryPop(out GpuMemory? memory))
            {
                return memory;
            }
        }

        try
        {
            return device.AllocateMemory(size);
        }
        catch (GpuException e) when (e.Kind == GpuErrorKind.OutOfMemory)
        {
            // What the pool keeps may be in the way.
            Trim();
            return device.AllocateMemory(size);
        }
    }

    /// <summary>Takes memory back.</summary>
    /// <param name="memory">Memory that <see cref="Rent"/> gave.</param>
    public void Return(GpuMemory memory)
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                if (!_free.TryGetValue(memory.LengthInBytes, out Stack<GpuMemory>? free))
                {
                    _free[memory.LengthInBytes] = free = new Stack<GpuMemory>();
                }

                free.Push(memory);
                return;
            }
        }

        memory.Dispose();
    }

    /// <summary>Gives all unused memory back to the driver.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            foreach (Stack<GpuMemory> free in _free.Values)
            {
                while (free.TryPop(out GpuMemory? memory))
                {
                    memory.Dispose();
                }
            }

            _free.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        Trim();
    }

    private static long SizeClass(long length)
    {
        if (length <= Smallest)
        {
            return Smallest;
        }

        if (length > Large)
        {
            return checked((length + LargeStep - 1) / LargeStep * LargeStep);
        }

        long quarter = (long)(BitOperations.RoundUpToPowerOf2((ulong)length) / 8);
        return checked((length + quarter - 1) / quarter * quarter);
    }
}
