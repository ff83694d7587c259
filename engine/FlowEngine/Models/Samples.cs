using FlowEngine.Data;

namespace FlowEngine.Models;

/// <summary>Samples of a model as its data were: pictures, or rows of a table.</summary>
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
        return ToImages(model, scaled, "samples", label is int drawn ? [.. Enumerable.Repeat(drawn, count)] : null);
    }

    /// <summary>Scaled values as images of grey levels, with the padding of the model cut off.</summary>
    internal static ImageDataset ToImages(Model model, float[] scaled, string name, int[]? labels = null)
    {
        byte[] levels = model.Quantize(scaled);
        int dims = model.Flow.Dims;
        byte[][] images = new byte[levels.Length / dims][];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = levels[(i * dims)..((i + 1) * dims)];
        }

        ModelConfig config = model.Config;
        IModelOptions options = config.Options;
        ImageDataset padded = new(
            name, options.Height, options.Width, options.Channels, options.Bins!.Value, images, labels);
        return padded.Crop(config.DataHeight, config.DataWidth);
    }

    /// <summary>
    /// Draws images of each class, from the same noise: image i of one class is made as image i of another.
    /// </summary>
    /// <param name="model">A model conditional on classes.</param>
    /// <param name="count">How many of each class, at least 1.</param>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="most">The most classes that are drawn, the first ones.</param>
    /// <returns>The images of class 0, then those of class 1, and so on.</returns>
    /// <exception cref="FlowException">An argument is out of range, or the model has no classes.</exception>
    public static ImageDataset DrawClasses(
        Model model, int count, double temperature, ulong seed, int most = int.MaxValue) =>
        DrawClasses(model, count, [temperature], seed, most);

    /// <summary>The same with a temperature for each level.</summary>
    /// <inheritdoc cref="DrawClasses(Model, int, double, ulong, int)"/>
    public static ImageDataset DrawClasses(
        Model model, int count, double[] temperatures, ulong seed, int most = int.MaxValue) =>
        Enumerable.Range(0, Math.Min(most, Classes(model)))
            .Select(label => Draw(model, count, temperatures, seed, label))
            .Aggregate((all, next) => all.Concat(next));

    /// <summary>
    /// Draws rows of classes in the units of the model's table, and their class in a last column, <c>label</c>.
    /// </summary>
    /// <param name="model">A model of a table that is conditional on classes.</param>
    /// <param name="labels">The classes, in order.</param>
    /// <param name="count">How many rows of each, at least 1.</param>
    /// <param name="temperature">Scales the latent noise.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is another.</exception>
    public static TableDataset DrawRowsOfClasses(
        Model model, IReadOnlyList<int> labels, int count, double temperature, ulong seed)
    {
        List<double[]> rows = [];
        IReadOnlyList<string> columns = [];
        foreach (int label in labels)
        {
            TableDataset part = DrawRows(model, count, temperature, seed, Condition(model, label));
            columns = [.. part.Columns, "label"];
            for (int i = 0; i < part.Count; i++)
            {
                rows.Add([.. part[i], label]);
            }
        }

        return new TableDataset("samples", columns, [.. rows]);
    }

    /// <summary>The condition of a class.</summary>
    private static float[] Condition(Model model, int label) => model.Config.Options.Condition?.OneHot([label])
        ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, $"the label {label} was given, and the model is not conditional");

    private static int Classes(Model model) => model.Config.Options.Condition is { IsClass: true } condition
        ? condition.Length
        : throw new FlowException(FlowErrorKind.InvalidArgument, "the model is not conditional on classes");

    /// <summary>Draws rows in the units of the model's table, the columns it does not see among them.</summary>
    /// <param name="model">The model of a table.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="temperature">Scales the latent noise: 1 draws from the model.</param>
    /// <param name="seed">The seed; row i of a seed is always the same.</param>
    /// <param name="condition">As for <see cref="Model.Sample(int, double, ulong, uint, ReadOnlySpan{float})"/>.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is of images.</exception>
    public static TableDataset DrawRows(
        Model model, int count, double temperature, ulong seed, ReadOnlySpan<float> condition = default)
    {
        TableScaling scaling = model.Config.Table?.Scaling ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, "the model is of images: it has no rows of a table");
        return scaling.Restore("samples", model.Sample(count, temperature, seed, 0, condition));
    }
}
