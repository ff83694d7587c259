namespace FlowEngine.Data;

/// <summary>Reads a folder of pictures, or an archive of one; sub-folders are classes, or the parts of the data.</summary>
internal static class ImageFolderReader
{
    private const int MostShown = 8;

    // Pictures in other formats get a note; other files belong to no data set of images.
    private static readonly string[] _foreign =
    [
        ".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".avif", ".heic",
        ".heif", ".tga", ".ico", ".pbm", ".pam", ".pfm", ".svg", ".psd", ".exr", ".hdr", ".dcm",
    ];

    /// <summary>Reads a folder; a part is null where it has none.</summary>
    public static (ImageDataset? Train, ImageDataset? Validation, ImageDataset? Test) Read(
        PictureFiles source, string name, ImageReading reading)
    {
        (PictureList? train, PictureList? validation, PictureList? test) = List(source, reading);
        PictureList[] found = [.. new[] { train, validation, test }.OfType<PictureList>()];
        ImageDataset all = new PictureDecoding(source, [.. found.SelectMany(part => part.Files)], reading).Run(name);
        int begin = 0;
        return (Part(train), Part(validation), Part(test));

        ImageDataset? Part(PictureList? part)
        {
            if (part is null)
            {
                return null;
            }

            ImageDataset images = found.Length == 1 ? all : all.Select([.. Enumerable.Range(begin, part.Files.Count)]);
            begin += part.Files.Count;
            return images.WithLabels(part.Labels, part.ClassNames, part.Notes);
        }
    }

    /// <summary>Lists a folder; a part is null where it has none, and all is the first where it has no parts.</summary>
    public static (PictureList? Train, PictureList? Validation, PictureList? Test) List(PictureFiles source, ImageReading reading)
    {
        string folder = source.Source;
        string[] files = source.Names;
        string[] images = Array.FindAll(files, reading.Reads);
        string[] notes = [.. PassedOver(files, reading)];
        if (images.Length == 0)
        {
            throw DataFile.BadFormat(
                folder, $"holds no images{(notes.Length > 0 ? $" that are read ({notes[0]})" : Endings(files))}, "
                + $"expected {string.Join(", ", reading.Endings)} files");
        }

        string[] inFolders = Array.FindAll(images, IsInFolder);
        if (inFolders.Length > 0 && inFolders.Length < images.Length)
        {
            throw DataFile.BadFormat(
                folder, "holds images both beside and inside sub-folders, expected one or the other");
        }

        string[] top = [.. inFolders.Select(FolderOf).Distinct()];
        string[]?[] parts = [.. PartNames.All.Select(part => FindPart(folder, top, inFolders, part))];
        string[] others = Array.FindAll(top, one => !PartNames.All.Any(part => PartNames.Has(part, one)));
        if (parts.All(part => part is null) || (others.Length > 0 && parts[0] is null))
        {
            RequireNoParts(folder, top, others);
            string[] classes = Classes(images);
            PictureLabels? ofAll = classes.Length > 0 ? null : PictureLabels.Find(source);
            return (Labeled(images, classes, 0, ofAll?.Of(images, isRequired: true), notes), null, null);
        }

        notes = others.Length == 0 ? notes :
        [
            .. notes,
            $"folders beside the parts are not read: {string.Join(", ", others.Take(MostShown))}",
        ];
        string[][] found = [.. parts.OfType<string[]>()];
        string[] labels = [.. found.SelectMany(part => Classes(Inside(part))).Distinct().Order(StringComparer.Ordinal)];
        if (labels.Length > 0 && found.Any(part => !part.All(file => IsInFolder(file[(file.IndexOf('/') + 1)..]))))
        {
            throw DataFile.BadFormat(
                folder,
                $"only some of {string.Join(" and ", found.Select(part => FolderOf(part[0])))} have class sub-folders, "
                + "expected all or none");
        }

        PictureLabels? inFile = labels.Length > 0 ? null : PictureLabels.Find(source);
        PictureList?[] listed = Array.ConvertAll(parts, part => part is null ? null : Labeled(
            part, labels, 1, inFile?.Of(part, isRequired: ReferenceEquals(part, parts[0])), notes));
        return (listed[0], listed[1], listed[2]);
    }

    /// <summary>The images of a part; null where there is no folder of its name.</summary>
    private static string[]? FindPart(string folder, string[] top, string[] images, IReadOnlyList<string> part)
    {
        string[] found = Array.FindAll(top, one => PartNames.Has(part, one));
        return found.Length switch
        {
            0 => null,
            1 => Array.FindAll(images, file => FolderOf(file) == found[0]),
            _ => throw DataFile.BadFormat(folder, $"holds {found[0]} and {found[1]}, expected one folder of a part"),
        };
    }

    /// <summary>A part that is taken for a class would leak into training.</summary>
    private static void RequireNoParts(string folder, string[] top, string[] others)
    {
        if (others.Length < top.Length)
        {
            string part = top.Except(others).First();
            throw DataFile.BadFormat(
                folder,
                $"holds {part} beside {string.Join(", ", others.Take(MostShown))}, expected only classes, or train beside "
                + $"{part}: put the classes into train, or rename {part} if it is one");
        }
    }

    private static IEnumerable<string> PassedOver(string[] files, ImageReading reading)
    {
        string[] foreign = Array.FindAll(files, file => Has(_foreign, file) && !reading.Reads(file));
        if (foreign.Length > 0)
        {
            yield return $"{foreign.Length} pictures passed over{Endings(foreign)}, as {foreign[0]}: "
                + $"{string.Join(", ", reading.Endings)} are read";
        }
    }

    /// <summary>How many files there are of each ending.</summary>
    private static string Endings(string[] files) => files.Length == 0 ? string.Empty : " (" + string.Join(
        ", ",
        files.GroupBy(file => Path.GetExtension(file).ToLowerInvariant())
            .OrderByDescending(same => same.Count())
            .Take(MostShown)
            .Select(same => $"{same.Count()} {(same.Key.Length > 0 ? same.Key : "without an ending")}")) + ")";

    /// <summary>Pictures with the labels that their folders say, or those of a file where there are no such folders.</summary>
    private static PictureList Labeled(
        string[] files, string[] classes, int depth, ClassLabels? ofFile, IReadOnlyList<string> notes) =>
        classes.Length == 0
            ? new PictureList(files, ofFile?.Numbers, ofFile?.Names, notes)
            : new PictureList(
                files,
                Array.ConvertAll(files, file => Array.BinarySearch(classes, file.Split('/')[depth], StringComparer.Ordinal)),
                classes,
                notes);

    private static string[] Classes(IEnumerable<string> files) =>
        [.. files.Where(IsInFolder).Select(FolderOf).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The paths inside the folder they are in.</summary>
    private static IEnumerable<string> Inside(string[] files) => files.Select(file => file[(file.IndexOf('/') + 1)..]);

    private static bool IsInFolder(string file) => file.Contains('/', StringComparison.Ordinal);

    private static string FolderOf(string file) => file[..file.IndexOf('/', StringComparison.Ordinal)];

    private static bool Has(string[] extensions, string file) =>
        extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);
}
