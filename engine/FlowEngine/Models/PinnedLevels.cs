using System.Runtime.InteropServices;

namespace FlowEngine.Models;

/// <summary>The arrays of all levels, held in place for a call.</summary>
internal readonly ref struct PinnedLevels : IDisposable
{
    private readonly GCHandle[] _handles;

    /// <summary>Holds arrays in place.</summary>
    /// <param name="levels">By level.</param>
    public unsafe PinnedLevels(IReadOnlyList<float[]> levels)
    {
        GCHandle[] handles = [.. levels.Select(level => GCHandle.Alloc(level, GCHandleType.Pinned))];
        _handles = handles;
        Arrays = [.. levels.Select((level, l) => new CallerArray<float>((float*)handles[l].AddrOfPinnedObject(), level.Length))];
    }

    /// <summary>The arrays.</summary>
    public CallerArray<float>[] Arrays { get; }

    /// <summary>Lets go of them.</summary>
    public void Dispose()
    {
        foreach (GCHandle handle in _handles)
        {
            handle.Free();
        }
    }
}
