using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Latents;

/// <summary>Images as the latents of a model, and latents as images again.</summary>
public sealed class EncodedImages
{
    private readonly Model _model;

    private EncodedImages(Model model, float[] scaled, float[] condition)
    {
        _model = model;
        Count = (int)model.CountOf(scaled.Length);
        Condition = condition;
        float[][] latents = model.Standardize(scaled, out _, condition);
        Latents = latents;
        float[] back = model.Destandardize(latents, condition);

        // Not LINQ's Max, which passes over NaN.
        RoundTripError = back.Zip(scaled, (a, b) => Math.Abs(a - b)).Aggregate(Math.Max);
    }

    /// <summary>How many images.</summary>
    public int Count { get; }

    /// <summary>By level, (Count, h, w, c), as the priors have them: under the model every value is standard.</summary>
    public IReadOnlyList<float[]> Latents { get; }

    /// <summary>The condition of each image, (Count, N); empty if the model is not conditional.</summary>
    public float[] Condition { get; }

    /// <summary>The largest difference between an image and the image of its latents; a grey level is 1/bins.</summary>
    public float RoundTripError { get; }

    /// <summary>Encodes images.</summary>
    /// <param name="model">A trained model of images.</param>
    /// <param name="images">At least one, of the size of the model's data; with labels where it is conditional.</param>
    /// <param name="seed">The seed of the noise within a grey level.</param>
    /// <exception cref="FlowException">The images do not fit the model, or it is not trained.</exception>
    public static EncodedImages Of(Model model, ImageDataset images, ulong seed = 0)
    {
        ImageDataset fitting = model.Config.Images.Apply(images);
        byte[] levels = new byte[model.Flow.LengthOf(fitting.Count)];
        for (int i = 0; i < fitting.Count; i++)
        {
            fitting[i].CopyTo(levels.AsSpan(i * model.Flow.Dims));
        }

        return levels.Length > 0
            ? new EncodedImages(model, model.Dequantize(levels, seed), Conditions.Of(model.Config.Options, fitting))
            : throw new FlowException(FlowErrorKind.InvalidArgument, $"{images.Name} holds no images to encode");
    }

    /// <summary>Draws images and keeps their latents.</summary>
    /// <param name="model">A trained model of images, not conditional.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is conditional.</exception>
    public static EncodedImages Draw(Model model, int count, double temperature, ulong seed) =>
        new(model, model.Sample(count, temperature, seed), []);

    /// <summary>The latents of some of the images.</summary>
    /// <param name="rows">Which, 0 to Count - 1.</param>
    /// <exception cref="FlowException">An index is out of range.</exception>
    public float[][] Select(ReadOnlySpan<int> rows)
    {
        foreach (int row in rows)
        {
            LatentRows.RequireIndex(row, Count);
        }

        return LatentRows.Select(Latents, Count, rows);
    }

    /// <summary>The images of latents, in grey levels, with the padding cut off again.</summary>
    /// <param name="latents">By level, (B, h, w, c), standard as <see cref="Latents"/>.</param>
    /// <param name="condition">(B, N), or (N) for one of all; empty where the model has none.</param>
    /// <exception cref="FlowException">The latents do not fit the model.</exception>
    public ImageDataset Decode(IReadOnlyList<float[]> latents, ReadOnlySpan<float> condition = default) =>
        Samples.ToImages(_model, _model.Destandardize(latents, condition), "decoded images");

    /// <summary>The images on the way from one image to another, both among them.</summary>
    /// <remarks>Where the model is conditional, what it is told goes the same way in a straight line.</remarks>
    /// <param name="from">The image at the start, 0 to Count - 1.</param>
    /// <param name="to">The image at the end.</param>
    /// <param name="points">How many images, at least 2.</param>
    /// <param name="kind">On an arc, or on a line.</param>
    /// <exception cref="FlowException">An index or a number is out of range.</exception>
    public ImageDataset Interpolate(int from, int to, int points, PathKind kind = PathKind.Spherical)
    {
        float[][] path = LatentPath.Between(Latents, Count, from, to, points, kind);
        return Condition.Length == 0
            ? Decode(path)
            : Decode(path, LatentPath.Between([Condition], Count, from, to, points, PathKind.Linear)[0]);
    }
}
