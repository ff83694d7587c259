using System.Text.Json;

using FlowEngine.Architecture;

namespace FlowEngine.Data;

/// <summary>What a model of images knows of them.</summary>
/// <param name="Name">The data set it was trained on, or empty.</param>
/// <param name="Height">Rows of an image as it is, before padding.</param>
/// <param name="Width">Columns of an image as it is.</param>
/// <param name="Channels">Samples a pixel.</param>
/// <param name="Bins">Grey levels that the model tells apart.</param>
/// <param name="PaddedHeight">Rows of an image as the model takes it.</param>
/// <param name="PaddedWidth">Columns of an image as the model takes it.</param>
public sealed record ImageSchema(
    string Name, int Height, int Width, int Channels, int Bins, int PaddedHeight, int PaddedWidth)
    : DataSchema(Name)
{
    /// <summary>Grey levels of the images as they are, 0 to Levels - 1: at least as many as the model's.</summary>
    public int Levels { get; init; } = Bins;

    /// <summary>How the pictures of the training data became images of one shape. Nothing applies it to others: their reader
    /// is told.</summary>
    public ImagePreparation Preparation { get; init; } = ImagePreparation.None;

    /// <inheritdoc/>
    public override string Summary => $"{Height}x{Width}x{Channels}"
        + (IsPadded ? $", padded to {PaddedHeight}x{PaddedWidth}" : string.Empty) + $", {Bins} grey levels";

    /// <summary>Values of one image as it is.</summary>
    public int Length => Height * Width * Channels;

    /// <summary>Between images as they are and as the model takes them.</summary>
    public ImagePadding Padding => new(Height, Width, Channels, PaddedHeight, PaddedWidth);

    /// <summary>True if the model takes larger images than the data are.</summary>
    public bool IsPadded => (Height, Width) != (PaddedHeight, PaddedWidth);

    /// <summary>The schema of a model of some images.</summary>
    /// <param name="data">The images as they are.</param>
    /// <param name="options">The model, of images.</param>
    public static ImageSchema Of(ImageDataset data, IModelOptions options) => new(
        data.Name,
        data.Height,
        data.Width,
        data.Channels,
        options.Bins ?? throw Invalid("the model is of continuous values, expected one of images"),
        options.Height,
        options.Width)
    {
        Levels = data.Bins,
    };

    /// <summary>Images as the model takes them: quantized to its grey levels, padded to its size, labels by class name.</summary>
    /// <param name="images">Images as they are. Integers all below <see cref="Levels"/> are levels already.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: they are of another size or other
    /// channels, of fewer grey levels than the model's, or of a class that it does not know.</exception>
    public ImageDataset Apply(ImageDataset images)
    {
        if ((images.Height, images.Width, images.Channels) != (Height, Width, Channels) || images.Bins < Bins)
        {
            throw Invalid(
                $"{images.Name}: images of {images.Height}x{images.Width}x{images.Channels} in {images.Bins} grey levels, "
                + $"the model expects {Height}x{Width}x{Channels} in {Bins} or more"
                + (Preparation.IsNone ? string.Empty : $": its pictures were prepared by {Preparation}"));
        }

        if (images.Bins > Levels && images.AreLevelsOf(Levels))
        {
            images = images.AsLevelsOf(Levels);
        }

        ImageDataset prepared = images.Quantize(Bins).Pad(PaddedHeight, PaddedWidth);
        return Classes is DataClasses classes && images.Labels is int[] labels
            ? prepared.WithLabels(classes.Number(labels, images.ClassNames, images.Name), classes.Names)
            : prepared;
    }

    /// <summary>Images of the data's size from those of a model, whose padding is cut off.</summary>
    /// <param name="images">Images as the model gives them.</param>
    public ImageDataset Restore(ImageDataset images) => images.Crop(Height, Width);

    /// <inheritdoc/>
    public override void RequireFits(IModelOptions options)
    {
        base.RequireFits(options);
        if ((PaddedHeight, PaddedWidth, Channels, Bins)
            != (options.Height, options.Width, options.Channels, options.Bins ?? 0)
            || Height is < 1 || Height > PaddedHeight || Width is < 1 || Width > PaddedWidth || Levels < Bins)
        {
            throw Invalid(
                $"the data are images of {Height}x{Width}x{Channels} in {Levels} grey levels, padded to "
                + $"{PaddedHeight}x{PaddedWidth}, which the model does not take");
        }
    }

    /// <summary>The schema in a JSON object, of this version or an older one.</summary>
    internal static ImageSchema Read(JsonElement json, IModelOptions options, int bins)
    {
        string name = json.TryGetProperty("name", out JsonElement text) ? text.GetString() ?? string.Empty : string.Empty;
        return new ImageSchema(
            name,
            json.GetProperty("height").GetInt32(),
            json.GetProperty("width").GetInt32(),
            json.TryGetProperty("channels", out JsonElement channels) ? channels.GetInt32() : options.Channels,
            bins,
            options.Height,
            options.Width)
        {
            Levels = json.TryGetProperty("levels", out JsonElement levels) ? levels.GetInt32() : bins,
            Preparation = ImagePreparation.Read(json),
        };
    }

    /// <inheritdoc/>
    protected override void WriteData(Utf8JsonWriter json)
    {
        json.WriteString("kind", "images");
        json.WriteNumber("height", Height);
        json.WriteNumber("width", Width);
        json.WriteNumber("channels", Channels);
        json.WriteNumber("levels", Levels);
        json.WriteStartArray("range");
        json.WriteNumberValue(0);
        json.WriteNumberValue(Levels - 1);
        json.WriteEndArray();
        json.WriteNumber("bins", Bins);
        json.WriteString("scaling", "(level + u) / bins - 0.5");
        json.WriteStartObject("padding");
        json.WriteNumber("top", Padding.Top);
        json.WriteNumber("bottom", PaddedHeight - Height - Padding.Top);
        json.WriteNumber("left", Padding.Left);
        json.WriteNumber("right", PaddedWidth - Width - Padding.Left);
        json.WriteNumber("level", 0);
        json.WriteEndObject();
        Preparation.Write(json);
    }
}
