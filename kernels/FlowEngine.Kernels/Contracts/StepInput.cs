namespace FlowEngine.Kernels;

/// <summary>
/// What a training step takes from the host: grey levels, the stream of their noise, conditions and the learning rate. The next
/// step's are filled in and sent while the device computes the last one; their places on the device never change.
/// </summary>
public abstract class StepInput : IDisposable
{
    /// <summary>The grey levels of the next step, (B, H, W, C), to be filled in before <see cref="Send"/>.</summary>
    public abstract Span<byte> Levels { get; }

    /// <summary>The data set index of each image of the next step, (B), likewise.</summary>
    public abstract Span<uint> Indices { get; }

    /// <summary>The condition of each datum of the next step, (B, N), likewise; empty where there is none.</summary>
    public abstract Span<float> Conditions { get; }

    /// <summary>The conditions as they were sent, (B, N), on the device; empty where there are none.</summary>
    public abstract BufferView SentConditions { get; }

    /// <summary>The learning rate as it was sent, (1), on the device.</summary>
    public abstract BufferView Rate { get; }

    /// <summary>Sends what was filled in: operations that follow read it.</summary>
    /// <param name="key">The stream of the noise.</param>
    /// <param name="rate">The learning rate.</param>
    public abstract void Send(PhiloxKey key, double rate);

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    /// <param name="disposing">False when called by the finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
