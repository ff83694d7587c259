namespace FlowEngine.Kernels.Gpu;

/// <summary>A stream whose marks the host sets, and whose graphs are what the host does again.</summary>
internal abstract class HostStream(GpuDevice device) : GpuStream(device)
{
    private List<Action>? _capture;

    public override void Record(GpuEvent mark)
    {
        var host = (HostEvent)mark;
        Do(() =>
        {
            Finish();
            host.Set();
        });
    }

    public override void Wait(GpuEvent mark)
    {
        // The work before a mark is done when it is set.
    }

    public override void Synchronize()
    {
        ThrowIfCapturing("a stream that captures cannot be waited for");
        Finish();
    }

    public override void BeginCapture()
    {
        ThrowIfCapturing("the stream captures already");
        _capture = [];
    }

    public override GpuGraph EndCapture()
    {
        List<Action> work = _capture ?? throw Refused("the stream does not capture");
        _capture = null;
        return new HostGraph(work);
    }

    public override void Launch(GpuGraph graph)
    {
        foreach (Action work in ((HostGraph)graph).Work)
        {
            Do(work);
        }
    }

    /// <summary>Waits for what was queued.</summary>
    protected abstract void Finish();

    /// <summary>Queues work, or keeps it for the graph.</summary>
    /// <param name="work">The work.</param>
    protected void Do(Action work)
    {
        if (_capture is null)
        {
            work();
        }
        else
        {
            _capture.Add(work);
        }
    }

    /// <summary>Refuses what a graph cannot do.</summary>
    /// <param name="text">What and why.</param>
    protected void ThrowIfCapturing(string text)
    {
        if (_capture is not null)
        {
            throw Refused(text);
        }
    }

    private GpuException Refused(string text) =>
        new(GpuErrorKind.InvalidOperation, $"{Device.Info.Selector}: {text}");

    private sealed class HostGraph(List<Action> work) : GpuGraph
    {
        public List<Action> Work { get; } = work;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
