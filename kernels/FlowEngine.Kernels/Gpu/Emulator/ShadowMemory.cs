using System.Numerics;
using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>
/// The record of accesses to a memory. Finds races by rule: it does not matter which thread really came first.
/// </summary>
/// <remarks>
/// Two accesses of different threads to the same element, one of them a write and not both atomic, must be separated by
/// a barrier of the group, by one of the warp if both belong to it, or by the end of the launch.
/// </remarks>
/// <param name="mustBeSet">Whether reading what nobody wrote is a fault.</param>
internal sealed class ShadowMemory(bool mustBeSet)
{
    private const int PageShift = 12;
    private const int PageBytes = 1 << PageShift;

    private readonly Dictionary<long, Page> _pages = [];
    private Page? _last;
    private long _lastNumber = -1;

    public void NoteRead(long place, int length, string name, SourceLine line)
    {
        EmulatedThread thread = EmulatedThread.Current;
        for (long next = place; next < place + length;)
        {
            Page page = PageOf(next, length);
            ref ShadowCell cell = ref page.Cell(next);
            if ((cell.Flags & ShadowFlags.Pending) != 0)
            {
                throw new KernelFaultException(
                    line, $"read of {name} at byte {place} before the asynchronous copy to it was waited for");
            }

            if (mustBeSet && (cell.Flags & ShadowFlags.Set) == 0)
            {
                throw new KernelFaultException(line, $"read of {name} at byte {place}, which was never written");
            }

            if (thread.Races(cell.Write))
            {
                throw Race(line, "read", "write", name, place, thread, cell.Write);
            }

            cell.Flags = (cell.Flags & ~ReadFlags) | (thread.Intervals.Readers(cell, thread) & ReadFlags);
            cell.Read = thread.Interval;
            next = page.Next(next);
        }
    }

    public void NoteWrite(long place, int length, bool atomic, string name, SourceLine line)
    {
        EmulatedThread thread = EmulatedThread.Current;
        for (long next = place; next < place + length;)
        {
            Page page = PageOf(next, length);
            ref ShadowCell cell = ref page.Cell(next);
            if (mustBeSet && atomic && (cell.Flags & ShadowFlags.Set) == 0)
            {
                throw new KernelFaultException(line, $"atomic access to {name} at byte {place}, which was never written");
            }

            CheckWrite(in cell, atomic, name, place, line, thread);
            cell.Flags = ShadowFlags.Set | (atomic ? ShadowFlags.AtomicWrite : ShadowFlags.None);
            cell.Write = thread.Interval;
            cell.Read = 0;
            next = page.Next(next);
        }
    }

    public void NotePending(long place, int length, string name, SourceLine line)
    {
        EmulatedThread thread = EmulatedThread.Current;
        for (long next = place; next < place + length;)
        {
            Page page = PageOf(next, sizeof(int));
            ref ShadowCell cell = ref page.Cell(next);
            CheckWrite(in cell, false, name, place, line, thread);
            cell.Flags = ShadowFlags.Pending;
            cell.Write = thread.Interval;
            cell.Read = 0;
            next = page.Next(next);
        }
    }

    private const ShadowFlags ReadFlags =
        ShadowFlags.ReadByLanes | ShadowFlags.ReadByWarps | ShadowFlags.ReadByGroups;

    private static void CheckWrite(
        in ShadowCell cell, bool atomic, string name, long place, SourceLine line, EmulatedThread thread)
    {
        if ((cell.Flags & ShadowFlags.Pending) != 0 && cell.Write != thread.CopyInterval)
        {
            throw new KernelFaultException(
                line, $"write to {name} at byte {place} before the asynchronous copy to it was waited for");
        }

        bool bothAtomic = atomic && (cell.Flags & ShadowFlags.AtomicWrite) != 0;
        if (!bothAtomic && thread.Races(cell.Write))
        {
            throw Race(line, "write", "write", name, place, thread, cell.Write);
        }

        if (thread.Races(cell.Read) || thread.Intervals.OthersRead(cell, thread))
        {
            throw Race(line, "write", "read", name, place, thread, cell.Read);
        }
    }

    private static KernelFaultException Race(
        SourceLine line, string access, string other, string name, long place, EmulatedThread thread, int interval) =>
        new(line, $"data race: {access} of {name} at byte {place} and {other} by {thread.Intervals.Describe(interval)}"
            + " with no barrier between them");

    private Page PageOf(long place, int length)
    {
        long number = place >> PageShift;
        if (number != _lastNumber)
        {
            if (!_pages.TryGetValue(number, out _last))
            {
                _pages[number] = _last = new Page();
            }

            _lastNumber = number;
        }

        _last!.Refine(Math.Min(BitOperations.TrailingZeroCount(length | sizeof(int)), BitOperations.TrailingZeroCount(place | sizeof(int))));
        return _last;
    }

    /// <summary>
    /// The cells of a page: one for each element of the smallest size that was accessed there, at most 4 bytes.
    /// </summary>
    private sealed class Page
    {
        private int _shift = 2;
        private ShadowCell[] _cells = new ShadowCell[PageBytes >> 2];

        public ref ShadowCell Cell(long place) => ref _cells[(place & (PageBytes - 1)) >> _shift];

        public long Next(long place) => ((place >> _shift) + 1) << _shift;

        public void Refine(int shift)
        {
            if (shift >= _shift)
            {
                return;
            }

            var finer = new ShadowCell[PageBytes >> shift];
            for (int i = 0; i < finer.Length; i++)
            {
                finer[i] = _cells[i >> (_shift - shift)];
            }

            (_shift, _cells) = (shift, finer);
        }
    }
}
