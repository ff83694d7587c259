namespace FlowEngine.Data;

/// <summary>Reads images, labels and a test part from a .npz.</summary>
internal static class NpzReader
{
    private static readonly string[] _imageKeys = ["images", "x", "X", "x_train", "data", "arr_0"];
    private static readonly string[] _labelKeys = ["labels", "y", "y_train"];

    /// <summary>Reads an archive; the test part is null where it holds none.</summary>
    public static (ImageDataset All, ImageDataset? Test) Read(string path, string name) =>
        NpzArchive.Open(path, archive =>
        {
            ImageDataset all = ReadPart(archive, path, FindImages(archive, path), _labelKeys, name);
            ImageDataset? test = archive.Has("x_test") ? ReadPart(archive, path, "x_test", ["y_test"], name) : null;
            return (all, test);
        });

    private static ImageDataset ReadPart(
        NpzArchive archive, string path, string imageKey, string[] labelKeys, string name)
    {
        ImageDataset images = archive.Read(imageKey, (reader, header) => NpyReader.ReadImages(reader, header, name));
        int[]? labels = ReadLabels(archive, path, labelKeys, images.Count);
        return labels is null ? images : images.WithLabels(labels);
    }

    /// <summary>The labels under the first of some keys that holds integers of shape (N) or (N,1); null if none does.</summary>
    internal static int[]? ReadLabels(NpzArchive archive, string path, string[] keys, int count)
    {
        foreach (string key in keys)
        {
            if (archive.Has(key) && archive.ReadHeader(key) is { IsInteger: true, Shape: [_] or [_, 1] } header)
            {
                return header.Shape[0] == count
                    ? archive.Read(key, NpyReader.ReadLabels)
                    : throw DataFile.BadFormat(
                        path, $"'{key}' has {header.Shape[0]} labels, expected {count}, one an image or row");
            }
        }

        return null;
    }

    /// <summary>The key of the images: the first usual name with the axes for it, else the only such array.</summary>
    private static string FindImages(NpzArchive archive, string path)
    {
        foreach (string key in _imageKeys)
        {
            if (archive.Has(key) && HasImageAxes(archive, key))
            {
                return key;
            }
        }

        string[] others =
            [.. archive.Keys.Where(key => key is not ("x_train" or "x_test") && HasImageAxes(archive, key))];
        return others.Length == 1
            ? others[0]
            : throw DataFile.BadFormat(
                path,
                $"holds [{archive.Describe()}], expected one array of images with 3 or 4 axes, best named 'images' or "
                + "'x_train'");
    }

    private static bool HasImageAxes(NpzArchive archive, string key) =>
        archive.ReadHeader(key).Shape.Length is 3 or 4;
}
