namespace FlowEngine.Data;

/// <summary>The parts of a set of images: what a model learns, what judges it meanwhile, and what judges it last.</summary>
/// <param name="Train">Images to train on; may be none.</param>
/// <param name="Validation">Images that judge a model while it trains; null where the test part does. A source with
/// validation images and no test part has them as both.</param>
/// <param name="Test">Images that nothing of training learns from.</param>
public sealed record ImageParts(ImageDataset Train, ImageDataset? Validation, ImageDataset Test)
{
    /// <summary>All images: of one source in its order, of several training, validation, test.</summary>
    public ImageDataset All
    {
        get => field ?? (Validation is null || ReferenceEquals(Validation, Test) ? Train : Train.Concat(Validation)).Concat(Test);
        init;
    }

    /// <summary>What the reader took for granted and passed over, one line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How pictures became images of one shape.</summary>
    public ImagePreparation Preparation { get; init; } = ImagePreparation.None;

    /// <summary>The training and the test part.</summary>
    /// <param name="train">Images to train on.</param>
    /// <param name="test">Images that nothing of training learns from.</param>
    public void Deconstruct(out ImageDataset train, out ImageDataset test) => (train, test) = (Train, Test);
}
