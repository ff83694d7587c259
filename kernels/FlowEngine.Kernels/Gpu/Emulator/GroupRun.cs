using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>A group of a launch: its threads run one at a time, in an order that the seed decides.</summary>
internal sealed class GroupRun
{
    private readonly EmulatedThread[] _threads;
    private readonly IEnumerator<SyncRequest>[] _bodies;
    private readonly int[] _order;
    private EmulatedThread? _running;

    public GroupRun(
        KernelDescriptor kernel, LaunchGrid grid, int number, EmulatedArguments arguments, Intervals intervals)
    {
        Kernel = kernel;
        Grid = grid;
        Number = number;
        IdxX = number % grid.X;
        IdxY = number / grid.X % grid.Y;
        IdxZ = number / grid.X / grid.Y;
        Intervals = intervals;
        WarpBarriers = new int[kernel.BlockSize / Warp.Size];
        _threads = new EmulatedThread[kernel.BlockSize];
        _bodies = new IEnumerator<SyncRequest>[kernel.BlockSize];
        _order = new int[kernel.BlockSize];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new EmulatedThread(this, i);
            _bodies[i] = kernel.Emulate(arguments);
            _order[i] = i;
        }
    }

    public KernelDescriptor Kernel { get; }

    public LaunchGrid Grid { get; }

    /// <summary>The group's index among all of the grid, x first.</summary>
    public int Number { get; }

    public int IdxX { get; }

    public int IdxY { get; }

    public int IdxZ { get; }

    public Intervals Intervals { get; }

    /// <summary>How many barriers the group has passed.</summary>
    public int Barriers { get; private set; }

    /// <summary>How many barriers and exchanges each warp has passed.</summary>
    public int[] WarpBarriers { get; }

    /// <summary>The shared memory, in the order of its allocation.</summary>
    public List<DeviceRange> Shared { get; } = [];

    /// <summary>Runs all threads to their end.</summary>
    /// <param name="random">Decides their order.</param>
    /// <exception cref="GpuException">KernelFault: says which kernel, group and thread, and where.</exception>
    public void Run(Random random)
    {
        try
        {
            do
            {
                random.Shuffle(_order);
                foreach (int index in _order)
                {
                    _running = _threads[index];
                    while (!_running.Ended && _running.Request is null)
                    {
                        _running.Run(_bodies[index]);
                    }
                }
            }
            while (CompleteWarps() || PassBarrier());
        }
        catch (KernelFaultException fault)
        {
            throw new GpuException(
                GpuErrorKind.KernelFault,
                $"emulator: {Kernel.Name}, group ({IdxX}, {IdxY}, {IdxZ}), thread {_running!.Index}, {fault.Message}");
        }
        finally
        {
            foreach (IEnumerator<SyncRequest> body in _bodies)
            {
                body.Dispose();
            }
        }
    }

    // Lets the warps go on whose lanes all wait for each other.
    private bool CompleteWarps()
    {
        bool completed = false;
        for (int warp = 0; warp < WarpBarriers.Length; warp++)
        {
            Span<EmulatedThread> lanes = _threads.AsSpan(warp * Warp.Size, Warp.Size);
            if (Array.Find(lanes.ToArray(), lane => lane.Request is WarpRequest) is not { } first)
            {
                continue;
            }

            var requests = new WarpRequest[Warp.Size];
            for (int i = 0; i < lanes.Length; i++)
            {
                CheckTogether(first, lanes[i]);
                requests[i] = (WarpRequest)lanes[i].Request!;
            }

            _running = first;
            first.Complete(requests);
            if (requests[0] is WarpBarrierRequest)
            {
                WarpBarriers[warp]++;
            }

            foreach (EmulatedThread lane in lanes)
            {
                lane.Release();
            }

            completed = true;
        }

        return completed;
    }

    // Lets all threads go on if all wait at the same barrier; none waits if all have ended.
    private bool PassBarrier()
    {
        if (Array.Find(_threads, thread => thread.Request is not null) is not { } first)
        {
            return false;
        }

        foreach (EmulatedThread thread in _threads)
        {
            CheckTogether(first, thread);
        }

        Barriers++;
        foreach (EmulatedThread thread in _threads)
        {
            thread.Release();
        }

        return true;
    }

    private void CheckTogether(EmulatedThread first, EmulatedThread other)
    {
        SyncRequest request = first.Request!;
        if (other.Request is null || other.Request.GetType() != request.GetType() || other.Request.Line != request.Line)
        {
            _running = first;
            string elsewhere = other.Request is null
                ? "has ended"
                : $"waits at {other.Request.Operation} in {other.Request.Line}";
            throw new KernelFaultException(
                request.Line, $"divergent {request.Operation}: this thread waits here while thread {other.Index} {elsewhere}");
        }
    }
}
