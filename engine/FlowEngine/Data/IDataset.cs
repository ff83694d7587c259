using FlowEngine.Architecture;

namespace FlowEngine.Data;

/// <summary>Samples as a model takes them: what training, evaluation and scores need to know of any data.</summary>
/// <remarks>
/// A sample is an image of grey levels (<see cref="ImageDataset"/>), which the model's caller dequantizes, or a row of
/// continuous values (<see cref="ScaledTable"/>). Members may be called from several threads at once.
/// </remarks>
public interface IDataset
{
    /// <summary>Short name for messages and reports.</summary>
    string Name { get; }

    /// <summary>Number of samples; may be 0.</summary>
    int Count { get; }

    /// <summary>Values of a sample, D.</summary>
    int Dims { get; }

    /// <summary>Grey levels; null where the values are continuous.</summary>
    int? Bins { get; }

    /// <summary>What a sample is called, and in what its likelihood is told.</summary>
    SampleUnit Unit { get; }

    /// <summary>What a label k is called; null where labels are numbers.</summary>
    IReadOnlyList<string>? ClassNames => null;

    /// <summary>One label a sample, or null where there are none.</summary>
    int[]? Labels { get; }

    /// <summary>The condition of each sample, (Count, N), or null where there are only labels or nothing.</summary>
    float[]? Conditions { get; }

    /// <summary>
    /// ln |d value / d original| of each sample, nats: what a density of the original adds to that of the values. Null
    /// where it is 0 of all.
    /// </summary>
    double[]? LogDet { get; }

    /// <summary>
    /// Standard deviations of the normal noise that training adds to values, (D), so that what lies heaped on few of them has a
    /// density; null for none.
    /// </summary>
    float[]? Noise => null;

    /// <summary>Checks that a model takes these samples.</summary>
    /// <param name="model">The model's sizes.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: sizes or grey levels differ.</exception>
    void RequireFits(IModelOptions model);

    /// <summary>Writes a batch of samples, one after another; allocates nothing.</summary>
    /// <param name="indices">Their positions, each 0..Count-1.</param>
    /// <param name="levels">At least (B, D), overwritten where <see cref="Bins"/> is given; else empty.</param>
    /// <param name="values">At least (B, D), overwritten where it is null; else empty.</param>
    void Fill(ReadOnlySpan<int> indices, Span<byte> levels, Span<float> values);

    /// <summary>The first samples.</summary>
    /// <param name="count">How many; all where there are fewer.</param>
    IDataset Take(int count);
}
