using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>Images in parts.</summary>
internal sealed class ImageSource(ImageParts parts) : DataSource
{
    /// <summary>The parts, before quantization and padding.</summary>
    public ImageParts Parts => parts;

    /// <inheritdoc/>
    public override bool HasTraining => parts.Train.Count > 0;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes => parts.Notes;

    /// <inheritdoc/>
    public override SampleUnit Unit => SampleUnit.Image;

    /// <inheritdoc/>
    protected override DataPart HeldOut => parts.Validation is null ? DataPart.Test : DataPart.Validation;

    /// <summary>A part as it is.</summary>
    /// <param name="part">Which.</param>
    /// <exception cref="FlowException">The images have no such part.</exception>
    public ImageDataset Part(DataPart part) => part switch
    {
        DataPart.All => parts.All,
        DataPart.Test => parts.Test,
        DataPart.Train => parts.Train,
        _ => parts.Validation ?? throw new FlowException(
            FlowErrorKind.InvalidArgument,
            $"{parts.Test.Name}: these images have no validation part, expected folders val and test beside train"),
    };

    /// <inheritdoc/>
    protected override IDataset Take(DataPart part, ModelConfig model, int limit, TextWriter? notes) =>
        model.Images.Apply(Part(part).Take(limit));
}
