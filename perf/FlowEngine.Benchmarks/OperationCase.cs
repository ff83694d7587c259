namespace FlowEngine.Benchmarks;

/// <summary>One row of a table: a pass of an operation on a shape.</summary>
public sealed record OperationCase
{
    internal OperationCase(string pass, ModelShape shape)
    {
        Pass = pass;
        Shape = shape;
    }

    /// <summary>Which pass, such as <c>forward</c>.</summary>
    internal string Pass { get; }

    /// <summary>On what.</summary>
    internal ModelShape Shape { get; }

    /// <summary>The label of the row.</summary>
    public override string ToString() => $"{Pass}, {Shape.Name}";
}
