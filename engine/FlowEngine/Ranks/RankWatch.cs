using System.Diagnostics;
using System.Text;

namespace FlowEngine.Ranks;

/// <summary>Notices when a rank on this machine is gone.</summary>
internal sealed class RankWatch
{
    private const double SecondsBetweenLooks = 0.1;

    private readonly (int Rank, string Path, int Process)[] _neighbors;
    private long _last;

    /// <summary>Learns which ranks are on this machine.</summary>
    /// <param name="ranks">All ranks.</param>
    public RankWatch(ICommunicator ranks)
    {
        Span<Place> all = new Place[ranks.Size];
        Place own = new(Machine(), Environment.ProcessId);
        ranks.Gather(own, all);
        List<(int, string, int)> neighbors = [];
        for (int i = 0; i < all.Length; i++)
        {
            if (i != ranks.Rank && all[i].Machine == own.Machine)
            {
                neighbors.Add((i, $"/proc/{all[i].Process}", all[i].Process));
            }
        }

        _neighbors = [.. neighbors];
    }

    /// <summary>Looks, where that is some time ago.</summary>
    /// <exception cref="FlowException">A rank is gone.</exception>
    public void Look()
    {
        long now = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(_last, now).TotalSeconds < SecondsBetweenLooks || !OperatingSystem.IsLinux())
        {
            return;
        }

        _last = now;
        foreach ((int rank, string path, int process) in _neighbors)
        {
            if (!IsRunning(path))
            {
                throw new FlowException(
                    FlowErrorKind.DeviceFailed, $"rank {rank} (process {process}) is gone: the run cannot go on without it");
            }
        }
    }

    /// <summary>False for what has ended, whether or not its parent knows.</summary>
    private static bool IsRunning(string path)
    {
        try
        {
            string status = File.ReadAllText(path + "/stat");
            return status[status.LastIndexOf(')')..].AsSpan(2) is not ['Z' or 'X', ..];
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The machine and its space of process numbers.</summary>
    private static ulong Machine()
    {
        string? space = OperatingSystem.IsLinux() ? new FileInfo("/proc/self/ns/pid").LinkTarget : null;
        ulong hash = 14695981039346656037;
        foreach (byte value in Encoding.UTF8.GetBytes($"{Environment.MachineName} {space}"))
        {
            hash = (hash ^ value) * 1099511628211;
        }

        return hash;
    }

    private readonly record struct Place(ulong Machine, int Process);
}
