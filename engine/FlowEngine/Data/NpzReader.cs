namespace FlowEngine.Data;

/// <summary>Reads images, labels and other parts from a .npz.</summary>
internal static class NpzReader
{
    /// <summary>Reads an archive; a part is null where it holds none.</summary>
    public static (ImageDataset All, ImageDataset? Validation, ImageDataset? Test) Read(string path, string name) =>
        NpzArchive.Open(path, archive =>
        {
            NpzContent content = NpzContent.Find(archive) is { IsTable: false } found ? found : throw DataFile.BadFormat(
                path,
                $"holds {archive.Describe()}, expected one array of images with 3 or 4 axes, best named 'images' or "
                + "'x_train', or of the rows of a table, best named 'X'");
            return (
                ReadPart(archive, content.Key, PartNames.Train, name)!,
                ReadPart(archive, NpzContent.FindPart(archive, PartNames.Validation), PartNames.Validation, name),
                ReadPart(archive, NpzContent.FindPart(archive, PartNames.Test), PartNames.Test, name));
        });

    private static ImageDataset? ReadPart(NpzArchive archive, string? key, IReadOnlyList<string> part, string name)
    {
        if (key is null)
        {
            return null;
        }

        ImageDataset images = archive.Read(key, (reader, header) => NpyReader.ReadImages(reader, header, name));
        List<string> notes = [];
        ClassLabels? labels = NpzContent.ReadLabels(archive, part, images.Count, notes);
        return images.WithLabels(labels?.Numbers, labels?.Names, notes);
    }
}
