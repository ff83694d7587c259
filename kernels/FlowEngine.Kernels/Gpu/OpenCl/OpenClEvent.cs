namespace FlowEngine.Kernels.Gpu.OpenCl;

/// <summary>A mark: the event of a marker in a queue, another one each time it is set.</summary>
internal sealed unsafe class OpenClEvent : GpuEvent
{
    private const uint ProfilingCommandEnd = 0x1283;

    private readonly OpenClDevice _device;
    private readonly Lock _lock = new();
    private nint _handle;
    private bool _disposed;

    public OpenClEvent(OpenClDevice device)
    {
        _device = device;
        device.Live.Add(this);
    }

    public override void Synchronize()
    {
        nint handle = Borrow(_device);
        if (handle == 0)
        {
            return;
        }

        int code = _device.Driver.WaitForEvents(1, &handle);
        _ = _device.Driver.ReleaseEvent(handle);
        _device.CheckWork(code, "clWaitForEvents");
    }

    public override TimeSpan ElapsedSince(GpuEvent earlier)
    {
        const double NanosecondsPerTick = 100;

        ulong from = ((OpenClEvent)earlier).NanosecondsOf(_device);
        ulong to = NanosecondsOf(_device);
        return TimeSpan.FromTicks((long)Math.Round(((double)to - from) / NanosecondsPerTick));
    }

    /// <summary>Sets the mark after the work queued so far.</summary>
    /// <param name="device">The queue's device, which must be the mark's.</param>
    /// <param name="queue">The queue.</param>
    public void Set(OpenClDevice device, nint queue)
    {
        CheckDevice(device);
        nint handle;
        int code = device.Driver.EnqueueMarkerWithWaitList(queue, 0, null, &handle);
        device.Check(code, "clEnqueueMarkerWithWaitList");
        nint before;
        lock (_lock)
        {
            before = _handle;
            _handle = handle;
        }

        if (before != 0)
        {
            _ = device.Driver.ReleaseEvent(before);
        }

        // Another queue may wait for it, and nothing else need make this one begin.
        device.Check(device.Driver.Flush(queue), "clFlush");
    }

    /// <summary>Makes a queue wait for the mark.</summary>
    /// <param name="device">The queue's device, which must be the mark's.</param>
    /// <param name="queue">The queue.</param>
    public void Wait(OpenClDevice device, nint queue)
    {
        nint handle = Borrow(device);
        if (handle != 0)
        {
            int code = device.Driver.EnqueueBarrierWithWaitList(queue, 1, &handle, null);
            _ = device.Driver.ReleaseEvent(handle);
            device.Check(code, "clEnqueueBarrierWithWaitList");
        }
    }

    protected override void Dispose(bool disposing)
    {
        nint handle;
        lock (_lock)
        {
            handle = _handle;
            _handle = 0;
            _disposed = true;
        }

        _device.Live.Remove(this);
        if (handle != 0)
        {
            _ = _device.Driver.ReleaseEvent(handle);
        }
    }

    private ulong NanosecondsOf(OpenClDevice device)
    {
        nint handle = Borrow(device);
        if (handle == 0)
        {
            throw new GpuException(
                GpuErrorKind.InvalidOperation, $"{device.Info.Selector}: a mark that was never set has no time");
        }

        ulong time;
        int code = device.Driver.GetEventProfilingInfo(handle, ProfilingCommandEnd, sizeof(ulong), &time, null);
        _ = device.Driver.ReleaseEvent(handle);
        device.Check(code, "clGetEventProfilingInfo (both marks must be done)");
        return time;
    }

    // The caller's own count: another thread may set the mark anew meanwhile.
    private nint Borrow(OpenClDevice device)
    {
        CheckDevice(device);
        lock (_lock)
        {
            if (_handle != 0)
            {
                device.Check(device.Driver.RetainEvent(_handle), "clRetainEvent");
            }

            return _handle;
        }
    }

    private void CheckDevice(OpenClDevice device)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (device != _device)
        {
            throw new ArgumentException($"the mark is {_device.Info.Selector}'s, expected {device.Info.Selector}'s");
        }
    }
}
