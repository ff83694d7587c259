using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>
/// Every stretch a thread ran without waiting, by number: who it was, and how many barriers came before.
/// </summary>
/// <remarks>Numbers go on from launch to launch, so that what an earlier launch left in a memory's record is known as past.</remarks>
internal sealed class Intervals
{
    private readonly List<Stretch> _stretches = [];
    private int _first = 1;

    /// <summary>Forgets the stretches of the launch before.</summary>
    public void BeginLaunch()
    {
        _first = checked(_first + _stretches.Count);
        _stretches.Clear();
    }

    /// <summary>Begins a stretch.</summary>
    /// <returns>Its number.</returns>
    public int Begin(EmulatedThread thread)
    {
        GroupRun group = thread.Group;
        _stretches.Add(new Stretch(
            group.Number, thread.Index, group.Barriers, group.WarpBarriers[thread.Index / Warp.Size]));
        return _first + _stretches.Count - 1;
    }

    /// <summary>Whether what happened in an interval may happen at the same time as what a thread does now.</summary>
    public bool Concurrent(int interval, EmulatedThread thread)
    {
        if (interval < _first)
        {
            return false;
        }

        Stretch other = _stretches[interval - _first];
        if (other.Group != thread.Group.Number)
        {
            return true;
        }

        if (other.Thread == thread.Index || other.Barriers < thread.Group.Barriers)
        {
            return false;
        }

        int warp = thread.Index / Warp.Size;
        return other.Thread / Warp.Size != warp || other.WarpBarriers == thread.Group.WarpBarriers[warp];
    }

    /// <summary>The flags of a cell's readers once this thread is its last reader.</summary>
    public ShadowFlags Readers(in ShadowCell cell, EmulatedThread thread)
    {
        if (cell.Read < _first)
        {
            return ShadowFlags.None;
        }

        Stretch last = _stretches[cell.Read - _first];
        if (last.Group != thread.Group.Number)
        {
            return ShadowFlags.ReadByGroups;
        }

        ShadowFlags flags = cell.Flags & ShadowFlags.ReadByGroups;
        if (last.Barriers < thread.Group.Barriers)
        {
            return flags;
        }

        int warp = thread.Index / Warp.Size;
        flags |= cell.Flags & ShadowFlags.ReadByWarps;
        if (last.Thread / Warp.Size != warp)
        {
            return flags | ShadowFlags.ReadByWarps;
        }

        if (last.WarpBarriers == thread.Group.WarpBarriers[warp])
        {
            flags |= cell.Flags & ShadowFlags.ReadByLanes;
            flags |= last.Thread != thread.Index ? ShadowFlags.ReadByLanes : ShadowFlags.None;
        }

        return flags;
    }

    /// <summary>
    /// Whether threads other than a cell's last reader read it at the same time as what a thread does now.
    /// </summary>
    public bool OthersRead(in ShadowCell cell, EmulatedThread thread)
    {
        if (cell.Read < _first)
        {
            return false;
        }

        if ((cell.Flags & ShadowFlags.ReadByGroups) != 0)
        {
            return true;
        }

        Stretch last = _stretches[cell.Read - _first];
        if (last.Barriers < thread.Group.Barriers)
        {
            return false;
        }

        return (cell.Flags & ShadowFlags.ReadByWarps) != 0
            || ((cell.Flags & ShadowFlags.ReadByLanes) != 0
                && last.WarpBarriers == thread.Group.WarpBarriers[thread.Index / Warp.Size]);
    }

    /// <summary>Names a thread.</summary>
    public string Describe(int interval)
    {
        Stretch stretch = _stretches[interval - _first];
        return $"thread {stretch.Thread} of group {stretch.Group}";
    }

    private readonly record struct Stretch(int Group, int Thread, int Barriers, int WarpBarriers);
}
