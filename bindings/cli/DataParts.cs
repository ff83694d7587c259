using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>Takes a part out of a data set.</summary>
internal static class DataParts
{
    /// <summary>A part of images.</summary>
    public static ImageDataset Of(this DataPart part, ImageDataset train, ImageDataset test) => part switch
    {
        DataPart.All => train.Concat(test),
        DataPart.Test => test,
        DataPart.Train => train,
        _ => throw new FlowException(FlowErrorKind.InvalidArgument, "images have no validation part"),
    };

    /// <summary>A part of a table.</summary>
    public static TableDataset Of(this DataPart part, TableParts parts) => part switch
    {
        DataPart.All => parts.All,
        DataPart.Test => parts.Test,
        DataPart.Train => parts.Train,
        _ => parts.Validation,
    };
}
