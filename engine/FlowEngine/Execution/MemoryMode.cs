namespace FlowEngine.Execution;

/// <summary>Where the backward pass gets activations from.</summary>
public enum MemoryMode
{
    /// <summary>The forward pass keeps them: fastest, and memory grows with depth.</summary>
    Store,

    /// <summary>The backward pass inverts the flow: a third more arithmetic, and memory does not grow with depth.</summary>
    Invert,
}
