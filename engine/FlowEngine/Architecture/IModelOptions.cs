namespace FlowEngine.Architecture;

/// <summary>The sizes and choices of one model: enough to build its architecture and to feed it.</summary>
/// <remarks>
/// Implementations are records, so that two of them are equal where they describe the same model: <see cref="ImageOptions"/>
/// and <see cref="VectorOptions"/> are what they begin with.
/// </remarks>
public interface IModelOptions
{
    /// <summary>The kind.</summary>
    ModelKind Kind { get; }

    /// <summary>Rows of an image; 1 for the rows of a table.</summary>
    int Height { get; }

    /// <summary>Columns of an image; 1 for the rows of a table.</summary>
    int Width { get; }

    /// <summary>Channels of an image, or columns of a table.</summary>
    int Channels { get; }

    /// <summary>Grey levels of the data, 2 to 256; null for continuous data, which are neither scaled nor dequantized.</summary>
    int? Bins { get; }

    /// <summary>What the distribution depends on; null for nothing.</summary>
    ConditionOptions? Condition { get; }

    /// <summary>Dimensions of one datum, D.</summary>
    int Dims => Height * Width * Channels;

    /// <summary>The sizes and choices in a few words, for people.</summary>
    string Summary { get; }

    /// <summary>The same model of other data.</summary>
    /// <param name="shape">The data.</param>
    IModelOptions WithShape(DataShape shape);

    /// <summary>The same model under another condition.</summary>
    /// <param name="condition">The condition; null for none.</param>
    IModelOptions WithCondition(ConditionOptions? condition);

    /// <summary>Checks every size against the others.</summary>
    /// <exception cref="FlowException">A size is out of range or does not fit: what, and what was expected.</exception>
    void Validate();

    /// <summary>Builds the architecture.</summary>
    /// <exception cref="FlowException">The sizes are out of range or do not fit each other.</exception>
    Flow Build();
}
