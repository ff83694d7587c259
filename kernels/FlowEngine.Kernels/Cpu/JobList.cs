using System.Runtime.CompilerServices;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Loops of one kind, none of which reads what another writes, as one loop: its threads meet once.</summary>
internal struct JobList<TJob> : IJob
    where TJob : struct, IJob
{
    private const int Most = 6;

    private Jobs _jobs;
    private Ends _ends;
    private int _count;

    /// <summary>The parts of all loops.</summary>
    public readonly int Parts => _count == 0 ? 0 : _ends[_count - 1];

    /// <summary>Adds a loop; six at most.</summary>
    /// <param name="parts">Its parts.</param>
    /// <param name="job">Its body.</param>
    public void Add(int parts, TJob job)
    {
        int end = Parts + parts;
        _jobs[_count] = job;
        _ends[_count] = end;
        _count++;
    }

    public void Invoke(int index, int worker)
    {
        int job = 0;
        int first = 0;
        while (index >= _ends[job])
        {
            first = _ends[job];
            job++;
        }

        _jobs[job].Invoke(index - first, worker);
    }

    [InlineArray(Most)]
    private struct Jobs
    {
        private TJob _first;
    }

    [InlineArray(Most)]
    private struct Ends
    {
        private int _first;
    }
}
