namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    private const double LevelMargin = 1.0 / (1 << 14);

    /// <inheritdoc/>
    public void PhiloxUniform(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination)
    {
        Span<T> to = Elements(destination, (long)indices.Length * elements);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Round(PhiloxReference.Uniform(key, indices[i / elements], i % elements));
        }
    }

    /// <inheritdoc/>
    public void PhiloxNormal(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination)
    {
        Span<T> to = Elements(destination, (long)indices.Length * elements);
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Round(PhiloxReference.Normal<T>(key, indices[i / elements], i % elements));
        }
    }

    /// <inheritdoc/>
    public override void Dequantize(
        PhiloxKey key, ReadOnlySpan<byte> levels, ReadOnlySpan<uint> indices, int bins, BufferView x)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 256);
        Span<T> to = Elements(x, levels.Length);
        int elements = indices.Length == 0 ? 0 : levels.Length / indices.Length;
        T binWidth = Round(1.0 / bins);
        for (int i = 0; i < to.Length; i++)
        {
            double u = PhiloxReference.Uniform(key, indices[i / elements], i % elements);
            T position = Round(levels[i] + Math.Clamp(u, LevelMargin, 1 - LevelMargin));
            to[i] = T.FusedMultiplyAdd(position, binWidth, Round(-0.5));
        }
    }
}
