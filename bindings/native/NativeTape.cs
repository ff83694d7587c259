using FlowEngine.Training;

namespace FlowEngine.Native;

/// <summary>A <c>flow_tape</c>; it keeps its model.</summary>
internal sealed class NativeTape(HandleTable.Lease<NativeModel> model, Tape tape) : IDisposable, INamedHandle
{
    /// <inheritdoc/>
    public static string HandleName => "tape";

    /// <summary>The tape.</summary>
    public Tape Tape => tape;

    /// <summary>Keeps callers apart.</summary>
    public Exclusive Turn { get; } = new("the tape");

    /// <inheritdoc/>
    public void Dispose()
    {
        tape.Dispose();
        model.Dispose();
    }
}
