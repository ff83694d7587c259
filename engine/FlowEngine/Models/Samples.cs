using FlowEngine.Data;

namespace FlowEngine.Models;

/// <summary>Samples of a model of images, as its data were.</summary>
public static class Samples
{
    /// <summary>Draws images as the model's data were: in grey levels, with the padding cut off again.</summary>
    /// <param name="model">The model.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="temperature">Scales the latent noise: 1 draws from the model, less gives likelier images.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <param name="label">The class, where the model is conditional on classes; null for none.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public static ImageDataset Draw(Model model, int count, double temperature, ulong seed, int? label = null) =>
        Draw(model, count, [temperature], seed, label);

    /// <summary>The same with a temperature for each level.</summary>
    /// <param name="model">The model.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="temperatures">What scales the latent noise: one for each level, the finest first; or one of all.</param>
    /// <param name="seed">The seed; image i of a seed is always the same.</param>
    /// <param name="label">The class, where the model is conditional on classes; null for none.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public static ImageDataset Draw(
        Model model, int count, ReadOnlySpan<double> temperatures, ulong seed, int? label = null)
    {
        float[] condition = label is int given ? Condition(model, given) : [];
        float[] scaled = model.Sample(count, temperatures, seed, 0, condition);
        ImageDataset samples = ToImages(model, scaled, "samples");
        return label is int drawn
            ? samples.WithLabels([.. Enumerable.Repeat(drawn, count)], model.Config.Classes.Names)
            : samples;
    }

    /// <summary>Scaled values as images of grey levels, with the padding of the model cut off.</summary>
    internal static ImageDataset ToImages(Model model, float[] scaled, string name)
    {
        byte[] levels = model.Quantize(scaled);
        int dims = model.Flow.Dims;
        byte[][] images = new byte[levels.Length / dims][];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = levels[(i * dims)..((i + 1) * dims)];
        }

        ImageSchema schema = model.Config.Images;
        return schema.Restore(new ImageDataset(
            name, schema.PaddedHeight, schema.PaddedWidth, schema.Channels, schema.Bins, images));
    }

    /// <summary>
    /// Draws images of each class, from the same noise: image i of one class is made as image i of another.
    /// </summary>
    /// <param name="model">A model conditional on classes.</param>
    /// <param name="count">How many of each class, at least 1.</param>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="most">The most classes that are drawn, the first ones.</param>
    /// <returns>The images of the first class there were training data of, then those of the next, and so on.</returns>
    /// <exception cref="FlowException">An argument is out of range, or the model has no classes.</exception>
    public static ImageDataset DrawClasses(
        Model model, int count, double temperature, ulong seed, int most = int.MaxValue) =>
        DrawClasses(model, count, [temperature], seed, most);

    /// <summary>The same with a temperature for each level.</summary>
    /// <inheritdoc cref="DrawClasses(Model, int, double, ulong, int)"/>
    public static ImageDataset DrawClasses(
        Model model, int count, double[] temperatures, ulong seed, int most = int.MaxValue) =>
        model.Config.Classes.Seen
            .Take(most)
            .Select(label => Draw(model, count, temperatures, seed, label))
            .Aggregate((all, next) => all.Concat(next));

    /// <summary>The condition of a class.</summary>
    private static float[] Condition(Model model, int label) => model.Config.Options.Condition?.OneHot([label])
        ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, $"the label {label} was given, and the model is not conditional");
}
