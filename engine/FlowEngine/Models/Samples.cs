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
    /// <exception cref="FlowException">An argument is out of range, or the model is not initialized.</exception>
    public static ImageDataset Draw(Model model, int count, double temperature, ulong seed)
    {
        byte[] levels = model.Quantize(model.Sample(count, temperature, seed));
        int dims = model.Flow.Dims;
        byte[][] images = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            images[i] = levels[(i * dims)..((i + 1) * dims)];
        }

        ModelConfig config = model.Config;
        IModelOptions options = config.Options;
        ImageDataset padded = new(
            "samples", options.Height, options.Width, options.Channels, options.Bins!.Value, images);
        return padded.Crop(config.DataHeight, config.DataWidth);
    }

    /// <summary>Draws rows in the units of the model's table, the columns it does not see among them.</summary>
    /// <param name="model">The model of a table.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="temperature">Scales the latent noise: 1 draws from the model.</param>
    /// <param name="seed">The seed; row i of a seed is always the same.</param>
    /// <exception cref="FlowException">An argument is out of range, or the model is of images.</exception>
    public static TableDataset DrawRows(Model model, int count, double temperature, ulong seed)
    {
        TableScaling scaling = model.Config.Table?.Scaling ?? throw new FlowException(
            FlowErrorKind.InvalidArgument, "the model is of images: it has no rows of a table");
        return scaling.Restore("samples", model.Sample(count, temperature, seed));
    }
}
