namespace FlowEngine.Data;

/// <summary>Which arrays of a .npz are the data, by their names and axes; others are not read.</summary>
/// <remarks>
/// The first usual name with the axes of images (3 or 4) or of a table (2) decides; names of images come first. Without a
/// usual name it is the only array of images, or else the only table. Names are found in any case.
/// </remarks>
/// <param name="Key">The training part, or all.</param>
/// <param name="IsTable">True for rows, false for images.</param>
internal sealed record NpzContent(string Key, bool IsTable)
{
    private static readonly string[] _imageKeys = ["images", "train_images"];
    private static readonly string[] _keys = ["x", "x_train", "train_x", "data", "arr_0"];
    private static readonly string[] _labelKeys = ["labels", "y", "y_train", "train_labels", "train_y", "target", "targets"];

    /// <summary>The data of an archive; null where it has none of one clear kind.</summary>
    /// <param name="archive">The archive.</param>
    public static NpzContent? Find(NpzArchive archive)
    {
        foreach (string name in (string[])[.. _imageKeys, .. _keys])
        {
            if (archive.Find(name) is string key && Axes(archive, key) is int axes
                && (axes is 3 or 4 || (axes == 2 && !_imageKeys.Contains(name))))
            {
                return new NpzContent(key, axes == 2);
            }
        }

        string[] others = [.. archive.Keys.Where(key => !IsKnown(key))];
        string[] images = Array.FindAll(others, key => Axes(archive, key) is 3 or 4);
        string[] tables = Array.FindAll(others, key => Axes(archive, key) == 2);
        return images.Length == 1 ? new NpzContent(images[0], IsTable: false)
            : images.Length == 0 && tables.Length == 1 ? new NpzContent(tables[0], IsTable: true)
            : null;
    }

    /// <summary>The array of another part.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="part">The names of the part.</param>
    /// <returns>Its key; null for none.</returns>
    public static string? FindPart(NpzArchive archive, IReadOnlyList<string> part) =>
        Keys(part, "x", "images").Select(archive.Find).FirstOrDefault(key => key is not null);

    /// <summary>The labels of a part.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="part">The names of the part.</param>
    /// <param name="count">How many data there are.</param>
    /// <param name="notes">Receives a note on arrays that are not labels.</param>
    /// <returns>Null where there are none.</returns>
    /// <exception cref="FlowException">There are more or fewer of them than data.</exception>
    public static ClassLabels? ReadLabels(NpzArchive archive, IReadOnlyList<string> part, int count, List<string> notes)
    {
        IEnumerable<string> names = ReferenceEquals(part, PartNames.Train) ? _labelKeys : Keys(part, "y", "labels");
        foreach (string key in names.Select(archive.Find).OfType<string>())
        {
            NpyHeader header = archive.ReadHeader(key);
            if (header is not { Shape: [_] or [_, 1] } || !(header.IsNumber || header.IsText))
            {
                notes.Add(
                    $"'{key}' is not read as labels: it is of shape {header.ShapeText} and type {header.ElementType}, "
                    + $"expected whole numbers or text of shape ({count})");
                continue;
            }

            if (header.Shape[0] != count)
            {
                throw DataFile.BadFormat(
                    archive.Path, $"'{key}' has {header.Shape[0]} labels, expected {count}, one an image or row");
            }

            try
            {
                return archive.Read(key, NpyReader.ReadLabels);
            }
            catch (FlowException exception) when (!header.IsInteger && exception.Kind == FlowErrorKind.BadFormat)
            {
                notes.Add($"'{key}' is not read as labels: {exception.Message}");
            }
        }

        return null;
    }

    private static IEnumerable<string> Keys(IReadOnlyList<string> part, params string[] stems) =>
        part.SelectMany(name => stems.SelectMany(stem => new[] { $"{stem}_{name}", $"{name}_{stem}" }));

    /// <summary>True for the name of labels or of another part.</summary>
    private static bool IsKnown(string key)
    {
        string name = key.ToLowerInvariant();
        return _labelKeys.Contains(name) || PartNames.All.Any(part => Keys(part, "x", "y", "images", "labels").Contains(name));
    }

    /// <summary>The axes of an array of numbers; null for anything else.</summary>
    private static int? Axes(NpzArchive archive, string key) =>
        archive.ReadHeader(key) is { IsNumber: true } header ? header.Shape.Length : null;
}
