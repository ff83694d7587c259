namespace FlowEngine.Ranks;

/// <summary>Sums parts of an array over all ranks, one after the other begun, while the caller computes what is left.</summary>
internal interface IPartialSums : IDisposable
{
    /// <summary>Parts begun since the last <see cref="Finish"/>.</summary>
    int Begun { get; }

    /// <summary>Elements of the parts that are summed since the last <see cref="Finish"/>; null where only the device knows.</summary>
    long? Finished { get; }

    /// <summary>Bytes that this rank sent.</summary>
    long SentBytes { get; }

    /// <summary>Begins the next part, whose values are this rank's; it is left alone until <see cref="Finish"/>.</summary>
    /// <exception cref="FlowException">The network failed.</exception>
    void Begin();

    /// <summary>Takes what has arrived a step further.</summary>
    /// <returns>False if nothing has.</returns>
    /// <exception cref="FlowException">The network failed.</exception>
    bool Poll();

    /// <summary>What uses the array from now on finds every part summed; the next begun is the first again.</summary>
    /// <exception cref="FlowException">A rank is lost, or the network failed.</exception>
    void Finish();
}
