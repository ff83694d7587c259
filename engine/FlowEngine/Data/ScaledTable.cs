using FlowEngine.Architecture;

namespace FlowEngine.Data;

/// <summary>The rows of a table as a model sees them.</summary>
/// <param name="Name">The name of the table.</param>
/// <param name="Values">(Count, Dims).</param>
/// <param name="LogDet">ln |d scaled / d original| of each row, nats: what a density of the original rows adds.</param>
/// <param name="Dims">Columns that the model sees, D.</param>
public sealed record ScaledTable(string Name, float[] Values, double[] LogDet, int Dims) : IDataset
{
    /// <summary>Rows of a caller's array as the model is to see them: nothing is scaled.</summary>
    /// <param name="name">Short name for messages and reports.</param>
    /// <param name="values">(N, dims), finite; taken over, not copied.</param>
    /// <param name="dims">Columns, D.</param>
    /// <exception cref="FlowException">The length is not that of whole rows, or a value is not finite: which.</exception>
    public static ScaledTable Of(string name, float[] values, int dims)
    {
        if (dims < 1 || values.Length % dims != 0)
        {
            throw Invalid($"{values.Length} values, expected rows of {dims} columns");
        }

        int bad = Array.FindIndex(values, value => !float.IsFinite(value));
        return bad < 0
            ? new ScaledTable(name, values, new double[values.Length / dims], dims)
            : throw Invalid(FormattableString.Invariant(
                $"row {bad / dims}, column {bad % dims} holds {values[bad]}, expected a finite number"));

        FlowException Invalid(string problem) => new(FlowErrorKind.InvalidArgument, $"{name}: {problem}");
    }

    /// <summary>One label a row, or null where the table has none.</summary>
    public int[]? Labels { get; init; }

    /// <summary>What a label k is called; null where labels are numbers.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>The condition of each row, (Count, N), or null where the model has none.</summary>
    public float[]? Conditions { get; init; }

    /// <inheritdoc/>
    public float[]? Noise { get; init; }

    /// <summary>Number of rows.</summary>
    public int Count => LogDet.Length;

    /// <summary>The values of some rows.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    public ReadOnlySpan<float> Rows(int first, int count) => Values.AsSpan(first * Dims, count * Dims);

    int? IDataset.Bins => null;

    SampleUnit IDataset.Unit => SampleUnit.Row;

    /// <inheritdoc/>
    public void Fill(ReadOnlySpan<int> indices, Span<byte> levels, Span<float> values)
    {
        for (int i = 0; i < indices.Length; i++)
        {
            Rows(indices[i], 1).CopyTo(values[(i * Dims)..]);
        }
    }

    /// <summary>Checks that a model takes these rows.</summary>
    /// <param name="model">The model's sizes.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: it is of images, or of other columns.</exception>
    public void RequireFits(IModelOptions model) => RequireFits(model, Name, Dims);

    /// <summary>Checks that a model takes rows.</summary>
    internal static void RequireFits(IModelOptions model, string name, int dims)
    {
        if ((model.Height, model.Width, model.Channels, model.Bins) != (1, 1, dims, null))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{name} has rows of {dims} columns, the model expects "
                + (model is { Height: 1, Width: 1, Bins: null }
                    ? $"{model.Channels}"
                    : $"images of {model.Height}x{model.Width}x{model.Channels}"));
        }
    }

    /// <summary>The first rows.</summary>
    /// <param name="count">How many; all where there are fewer.</param>
    public ScaledTable Take(int count) => count >= Count
        ? this
        : this with
        {
            Values = Values[..(count * Dims)],
            LogDet = LogDet[..count],
            Labels = Labels?[..count],
            Conditions = Conditions?[..(count * (Conditions.Length / Count))],
        };

    IDataset IDataset.Take(int count) => Take(count);
}
