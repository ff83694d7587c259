using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>Images in two parts.</summary>
internal sealed class ImageSource((ImageDataset Train, ImageDataset Test) parts) : DataSource
{
    /// <summary>The training part, before quantization and padding.</summary>
    public ImageDataset Train => parts.Train;

    /// <inheritdoc/>
    public override SampleUnit Unit => SampleUnit.Image;

    /// <inheritdoc/>
    protected override DataPart HeldOut => DataPart.Test;

    /// <summary>A part as it is.</summary>
    /// <param name="part">Which.</param>
    /// <exception cref="FlowException">Images have no such part.</exception>
    public ImageDataset Part(DataPart part) => part switch
    {
        DataPart.All => parts.Train.Concat(parts.Test),
        DataPart.Test => parts.Test,
        DataPart.Train => parts.Train,
        _ => throw new FlowException(FlowErrorKind.InvalidArgument, "images have no validation part"),
    };

    /// <inheritdoc/>
    protected override IDataset Take(DataPart part, ModelConfig model, int limit, TextWriter? notes) =>
        model.Images.Apply(Part(part).Take(limit));
}
