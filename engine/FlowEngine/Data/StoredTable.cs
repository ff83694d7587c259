using System.Buffers;

using FlowEngine.Architecture;

namespace FlowEngine.Data;

/// <summary>The rows of a table that stay in their file: they are scaled whenever they are read.</summary>
/// <param name="rows">The columns of the scaling.</param>
/// <param name="scaling">From rows to what the model sees.</param>
internal sealed class StoredTable(TableDataset rows, TableScaling scaling) : IDataset
{
    private double[]? _logDet;

    /// <inheritdoc/>
    public string Name => rows.Name;

    /// <inheritdoc/>
    public int Count => rows.Count;

    /// <inheritdoc/>
    public int Dims => scaling.Dims;

    /// <inheritdoc/>
    public int? Bins => null;

    /// <inheritdoc/>
    public SampleUnit Unit => SampleUnit.Row;

    /// <inheritdoc/>
    public int[]? Labels { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <inheritdoc/>
    public float[]? Conditions { get; init; }

    /// <inheritdoc/>
    public float[]? Noise => scaling.Noise;

    /// <inheritdoc/>
    public double[]? LogDet => LazyInitializer.EnsureInitialized(ref _logDet, () =>
    {
        double[] logDet = new double[Count];
        float[] values = new float[Dims];
        for (int i = 0; i < logDet.Length; i++)
        {
            logDet[i] = i > 0 && scaling.IsLinear ? logDet[0] : Read(i, values);
        }

        return logDet;
    });

    /// <inheritdoc/>
    public void Fill(ReadOnlySpan<int> indices, Span<byte> levels, Span<float> values)
    {
        for (int i = 0; i < indices.Length; i++)
        {
            Read(indices[i], values.Slice(i * Dims, Dims));
        }
    }

    /// <inheritdoc/>
    public void RequireFits(IModelOptions model) => ScaledTable.RequireFits(model, Name, Dims);

    /// <inheritdoc/>
    public IDataset Take(int count) => count >= Count ? this : new StoredTable(rows.Take(count), scaling)
    {
        Labels = Labels?[..count],
        ClassNames = ClassNames,
        Conditions = Conditions?[..(count * (Conditions.Length / Count))],
    };

    private double Read(int index, Span<float> values)
    {
        double[] rented = ArrayPool<double>.Shared.Rent(rows.Columns.Count);
        try
        {
            Span<double> row = rented.AsSpan(0, rows.Columns.Count);
            rows.Read(index, row);
            return scaling.Apply(Name, index, row, values);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rented);
        }
    }
}
