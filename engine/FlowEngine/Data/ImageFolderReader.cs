namespace FlowEngine.Data;

/// <summary>Reads a folder of PNG, PPM and PGM images; sub-folders are classes, or the parts of the data.</summary>
internal static class ImageFolderReader
{
    private const int MostShown = 8;

    private static readonly string[] _extensions = [".png", ".ppm", ".pgm", ".pnm"];

    // Pictures in other formats get a note; other files belong to no data set of images.
    private static readonly string[] _foreign =
    [
        ".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".avif", ".heic",
        ".heif", ".tga", ".ico", ".pbm", ".pam", ".pfm", ".svg", ".psd", ".exr", ".hdr", ".dcm",
    ];

    /// <summary>Reads a folder; a part is null where it has none.</summary>
    public static (ImageDataset? Train, ImageDataset? Validation, ImageDataset? Test) Read(string folder, string name)
    {
        string[] files = FolderWalk.Files(folder);
        string[] images = Array.FindAll(files, file => Has(_extensions, file));
        string[] notes = [.. PassedOver(files)];
        if (images.Length == 0)
        {
            throw DataFile.BadFormat(
                folder, $"holds no images{(notes.Length > 0 ? $" that are read ({notes[0]})" : Endings(files))}, "
                + "expected .png, .ppm or .pgm files");
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
            return (ReadPart(folder, images, classes, 0, name, notes), null, null);
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

        ImageDataset?[] read = Array.ConvertAll(
            parts, part => part is null ? null : ReadPart(folder, part, labels, 1, name, notes));
        return (read[0], read[1], read[2]);
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

    private static IEnumerable<string> PassedOver(string[] files)
    {
        string[] foreign = Array.FindAll(files, file => Has(_foreign, file));
        if (foreign.Length > 0)
        {
            yield return $"{foreign.Length} pictures passed over{Endings(foreign)}, as {foreign[0]}: "
                + "PNG, PPM and PGM are read";
        }
    }

    /// <summary>How many files there are of each ending.</summary>
    private static string Endings(string[] files) => files.Length == 0 ? string.Empty : " (" + string.Join(
        ", ",
        files.GroupBy(file => Path.GetExtension(file).ToLowerInvariant())
            .OrderByDescending(same => same.Count())
            .Take(MostShown)
            .Select(same => $"{same.Count()} {(same.Key.Length > 0 ? same.Key : "without an ending")}")) + ")";

    private static ImageDataset ReadPart(
        string folder, string[] files, string[] classes, int depth, string name, IReadOnlyList<string> notes)
    {
        byte[][] images = new byte[files.Length][];
        Image? first = null;
        for (int i = 0; i < files.Length; i++)
        {
            string path = Path.Combine(folder, files[i]);
            Image image = path.EndsWith(".png", StringComparison.OrdinalIgnoreCase)
                ? PngImage.Read(path)
                : PnmImage.Read(path);
            first ??= image;
            if ((image.Height, image.Width, image.Channels) != (first.Height, first.Width, first.Channels))
            {
                throw DataFile.BadFormat(
                    path,
                    $"is {image.Height}x{image.Width}x{image.Channels}, "
                    + $"expected {first.Height}x{first.Width}x{first.Channels} as '{files[0]}'");
            }

            images[i] = image.Pixels;
        }

        int[]? labels = classes.Length == 0 ? null : Array.ConvertAll(
            files, file => Array.BinarySearch(classes, file.Split('/')[depth], StringComparer.Ordinal));
        return new ImageDataset(name, first!.Height, first.Width, first.Channels, 256, images, labels)
        {
            ClassNames = labels is null ? null : classes,
            Notes = notes,
        };
    }

    private static string[] Classes(IEnumerable<string> files) =>
        [.. files.Where(IsInFolder).Select(FolderOf).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The paths inside the folder they are in.</summary>
    private static IEnumerable<string> Inside(string[] files) => files.Select(file => file[(file.IndexOf('/') + 1)..]);

    private static bool IsInFolder(string file) => file.Contains('/', StringComparison.Ordinal);

    private static string FolderOf(string file) => file[..file.IndexOf('/', StringComparison.Ordinal)];

    private static bool Has(string[] extensions, string file) =>
        extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);
}
