using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Device;

/// <summary>
/// A place in a range of memory. Every access is checked against the range, alignment and the other threads.
/// </summary>
/// <param name="Range">What may be touched.</param>
/// <param name="Position">Bytes from the start of the range.</param>
internal readonly record struct DevicePointer(DeviceRange Range, long Position)
{
    public DevicePointer Move(long bytes) => this with { Position = Position + bytes };

    public T Read<T>(long offset, SourceLine line)
        where T : unmanaged
    {
        long place = Check(offset, Unsafe.SizeOf<T>(), false, "read", line);
        Range.Storage.NoteRead(place, Unsafe.SizeOf<T>(), Range.Name, line);
        return Unsafe.ReadUnaligned<T>(ref Range.Storage.Byte(place));
    }

    public void Write<T>(long offset, T value, SourceLine line)
        where T : unmanaged
    {
        long place = Check(offset, Unsafe.SizeOf<T>(), false, "write", line);
        Range.Storage.NoteWrite(place, Unsafe.SizeOf<T>(), false, Range.Name, line);
        Unsafe.WriteUnaligned(ref Range.Storage.Byte(place), value);
    }

    public T ReadAligned<T>(long offset, SourceLine line)
        where T : unmanaged
    {
        Check(offset, Unsafe.SizeOf<T>(), true, "read", line);
        return Read<T>(offset, line);
    }

    public void WriteAligned<T>(long offset, T value, SourceLine line)
        where T : unmanaged
    {
        Check(offset, Unsafe.SizeOf<T>(), true, "write", line);
        Write(offset, value, line);
    }

    public T Exchange<T>(long offset, Func<T, T> change, SourceLine line)
        where T : unmanaged
    {
        long place = Check(offset, Unsafe.SizeOf<T>(), false, "atomic access", line);
        Range.Storage.NoteWrite(place, Unsafe.SizeOf<T>(), true, Range.Name, line);
        ref byte first = ref Range.Storage.Byte(place);
        T old = Unsafe.ReadUnaligned<T>(ref first);
        Unsafe.WriteUnaligned(ref first, change(old));
        return old;
    }

    /// <summary>Checks that an access that needs it is aligned to its whole size.</summary>
    public void CheckAligned(int size, SourceLine line) => Check(0, size, true, "access", line);

    private long Check(long offset, int size, bool wholeSize, string access, SourceLine line)
    {
        long place = Position + offset;
        if (place < 0 || place > Range.LengthInBytes - size)
        {
            throw new KernelFaultException(
                line,
                $"{access} out of range: bytes {place} to {place + size - 1} of {Range.Name}, which has {Range.LengthInBytes}");
        }

        place += Range.Start;
        if (wholeSize && place % size != 0)
        {
            throw new KernelFaultException(
                line, $"{access} of {size} bytes at byte {Position + offset} of {Range.Name}: not aligned to its size");
        }

        return place;
    }
}
