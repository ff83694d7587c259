namespace FlowEngine.Native;

/// <summary>What a handle stands for.</summary>
internal interface INamedHandle
{
    /// <summary>What errors call it: the name of the argument in flowengine.h.</summary>
    static abstract string HandleName { get; }
}
