namespace FlowEngine.Data;

/// <summary>Reads a folder of PNG, PPM and PGM images; sub-folders are classes, or train and test.</summary>
internal static class ImageFolderReader
{
    private static readonly string[] _extensions = [".png", ".ppm", ".pgm", ".pnm"];

    // A bound on depth, because a link may lead back to its own folder.
    private static readonly EnumerationOptions _walk = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 8,
        IgnoreInaccessible = false,
    };

    public static (ImageDataset? Train, ImageDataset? Test) Read(string folder, string name)
    {
        string trainFolder = Path.Combine(folder, "train");
        string testFolder = Path.Combine(folder, "test");
        if (!Directory.Exists(trainFolder) || !Directory.Exists(testFolder))
        {
            string[] files = FindImages(folder);
            return (ReadPart(folder, files, FindClasses(folder, files), name), null);
        }

        string[] train = FindImages(trainFolder);
        string[] test = FindImages(testFolder);

        string[] trainClasses = FindClasses(trainFolder, train);
        string[] testClasses = FindClasses(testFolder, test);
        if (trainClasses.Length == 0 != (testClasses.Length == 0))
        {
            throw DataFile.BadFormat(folder, "only one of train and test has class sub-folders, expected both or none");
        }

        // One list for both parts, so that a label means the same class in each.
        string[] classes = [.. trainClasses.Union(testClasses).Order(StringComparer.Ordinal)];
        return (ReadPart(trainFolder, train, classes, name), ReadPart(testFolder, test, classes, name));
    }

    /// <summary>Paths of the images relative to the folder, with '/', in ordinal order.</summary>
    private static string[] FindImages(string folder)
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(folder, "*", _walk)
                .Where(path => _extensions.Contains(Path.GetExtension(path).ToLowerInvariant()))
                .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];
        return files.Length > 0
            ? files
            : throw DataFile.BadFormat(folder, "holds no images, expected .png, .ppm or .pgm files");
    }

    private static string[] FindClasses(string folder, string[] files)
    {
        string[] inClasses = Array.FindAll(files, file => file.Contains('/', StringComparison.Ordinal));
        if (inClasses.Length > 0 && inClasses.Length < files.Length)
        {
            throw DataFile.BadFormat(
                folder, "holds images both beside and inside sub-folders, expected one or the other");
        }

        return [.. inClasses.Select(ClassOf).Distinct().Order(StringComparer.Ordinal)];
    }

    private static ImageDataset ReadPart(string folder, string[] files, string[] classes, string name)
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

        int[]? labels = classes.Length == 0
            ? null
            : Array.ConvertAll(files, file => Array.BinarySearch(classes, ClassOf(file), StringComparer.Ordinal));
        return new ImageDataset(name, first!.Height, first.Width, first.Channels, 256, images, labels)
        {
            ClassNames = labels is null ? null : classes,
        };
    }

    private static string ClassOf(string file) => file[..file.IndexOf('/', StringComparison.Ordinal)];
}
