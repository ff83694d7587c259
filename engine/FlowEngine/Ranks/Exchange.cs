namespace FlowEngine.Ranks;

/// <summary>An exchange under way, as its communicator knows it. The default is done.</summary>
internal struct Exchange
{
    /// <summary>What is to arrive; 0 for nothing.</summary>
    public nint Incoming;

    /// <summary>What is to leave; 0 for nothing.</summary>
    public nint Outgoing;

    /// <summary>True until <see cref="Incoming"/> is there.</summary>
    public bool Receives;

    /// <summary>True until <see cref="Outgoing"/> has left.</summary>
    public bool Sends;
}
