using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary>Images in parts.</summary>
internal sealed class ImageSource(ImageParts parts) : DataSource
{
    /// <summary>Loads the images of a model that is there already, and tells where it knows pictures prepared otherwise.</summary>
    /// <param name="path">As <c>flow train --data</c> takes it.</param>
    /// <param name="reading">How pictures are read.</param>
    /// <param name="trained">How the pictures of the model's training data were prepared.</param>
    /// <exception cref="FlowException">The path is missing, unreadable or damaged.</exception>
    public static ImageSource Load(string path, ImageReading reading, ImagePreparation trained)
    {
        ImageParts parts;
        try
        {
            parts = DatasetLoader.Load(path, reading);
        }
        catch (FlowException exception) when (exception.Kind == FlowErrorKind.BadFormat && Differs(trained, reading.Preparation))
        {
            throw new FlowException(
                exception.Kind, $"{exception.Message} (those of the model's training were prepared by {trained})", exception);
        }

        return new ImageSource(!Differs(trained, parts.Preparation) ? parts : parts with
        {
            Notes =
            [
                .. parts.Notes,
                $"the pictures of the model's training were prepared by {trained}, and these are "
                    + (parts.Preparation.IsNone ? "taken as they are" : $"prepared by {parts.Preparation}"),
            ],
        });
    }

    private static bool Differs(ImagePreparation trained, ImagePreparation now) => !trained.IsNone && trained != now;

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
