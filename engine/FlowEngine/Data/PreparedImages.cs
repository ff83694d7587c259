using System.Security;

namespace FlowEngine.Data;

/// <summary>
/// Prepared sets: the pixels and labels of a set of images as .npy files in a folder, from which images are read by index.
/// </summary>
/// <remarks>
/// Of each part <c>train_images.npy</c>, bytes of (N, H, W, C), and where there are labels <c>train_labels.npy</c>, int32 of (N);
/// the same of <c>val</c> and <c>test</c>. So NumPy maps them into memory, too. The file <c>images.json</c> has the name of the
/// set, its grey levels, its classes, how many images a part has and how pictures were prepared.
/// </remarks>
public static class PreparedImages
{
    private const string DescriptionFile = "images.json";

    /// <summary>Writes the parts of a set, all or nothing: the folder gets its name when it is whole.</summary>
    /// <param name="folder">The folder, which is not there yet.</param>
    /// <param name="images">The set.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Io"/>: it cannot be written, or the source cannot be read;
    /// <see cref="FlowErrorKind.InvalidArgument"/>: it is there.</exception>
    public static void Write(string folder, ImageParts images)
    {
        ArgumentNullException.ThrowIfNull(images);
        RequireFree(folder);
        string target = Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar);
        string temporary = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            Directory.CreateDirectory(temporary);
            List<(string Name, ImageDataset Images)> parts = [.. PartsOf(images)];
            foreach ((string name, ImageDataset part) in parts)
            {
                AtomicFile.Write(Path.Combine(temporary, ImagesFile(name)), stream => NpyWriter.Write(stream, part));
                if (part.Labels is int[] labels)
                {
                    AtomicFile.Write(Path.Combine(temporary, LabelsFile(name)), stream => NpyWriter.Write(stream, labels));
                }
            }

            AtomicFile.Write(Path.Combine(temporary, DescriptionFile), stream => new PreparedDescription(
                parts[0].Images.Name,
                parts[0].Images.Bins,
                parts[0].Images.ClassNames?.ToArray(),
                parts.ToDictionary(part => part.Name, part => part.Images.Count),
                images.Preparation).Write(stream));
            Directory.Move(temporary, target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SecurityException)
        {
            throw DataFile.Error(FlowErrorKind.Io, folder, $"cannot be written: {exception.Message}", exception);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    /// <summary>Checks that a prepared set can be written, before anything is done for it.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FlowException">It is there, or its own folder is not.</exception>
    public static void RequireFree(string folder)
    {
        if (File.Exists(folder) || Directory.Exists(folder))
        {
            throw DataFile.Error(FlowErrorKind.InvalidArgument, folder, "is there already, expected a name that is free");
        }

        OutputPath.Require(folder);
    }

    /// <summary>True for the folder of a prepared set.</summary>
    internal static bool IsPrepared(string folder) => File.Exists(Path.Combine(folder, DescriptionFile));

    /// <summary>Opens a prepared set; a part is null where it has none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="reading">How pictures are wanted, which has to be how they were prepared.</param>
    internal static (ImageDataset? Train, ImageDataset? Validation, ImageDataset? Test, ImagePreparation Preparation) Read(
        string folder, ImageReading reading)
    {
        string path = Path.Combine(folder, DescriptionFile);
        PreparedDescription description = PreparedDescription.Parse(DataFile.ReadAllBytes(path), path);
        if (!reading.Preparation.IsNone && reading.Preparation != description.Preparation)
        {
            throw DataFile.Error(
                FlowErrorKind.InvalidArgument,
                folder,
                $"was prepared {(description.Preparation.IsNone ? "without options" : $"by {description.Preparation}")}, expected no "
                + $"other ones ({reading.Preparation})");
        }

        ImageDataset?[] parts = [.. PreparedDescription.Parts.Select(part => ReadPart(folder, part, description))];
        return (parts[0], parts[1], parts[2], description.Preparation);
    }

    private static ImageDataset? ReadPart(string folder, string part, PreparedDescription description)
    {
        if (!description.Counts.TryGetValue(part, out int count))
        {
            return null;
        }

        string path = Path.Combine(folder, ImagesFile(part));
        ImageDataset images = NpyReader.Read(path, description.Name);
        if (images.Count != count || !images.AreLevelsOf(description.Levels))
        {
            throw DataFile.BadFormat(
                path, $"has {images.Count} images, expected {count} in {description.Levels} grey levels as {DescriptionFile} says");
        }

        images = images.AsLevelsOf(description.Levels);
        path = Path.Combine(folder, LabelsFile(part));
        if (!File.Exists(path))
        {
            return images;
        }

        int[] labels = DataFile.Read(path, reader => NpyReader.ReadLabels(reader, NpyHeader.Read(reader))).Numbers;
        return labels.Length == count && (description.Classes is null || labels.All(label => label < description.Classes.Length))
            ? images.WithLabels(labels, description.Classes)
            : throw DataFile.BadFormat(
                path, $"has {labels.Length} labels, expected {count}"
                + (description.Classes is null ? string.Empty : $" below {description.Classes.Length}"));
    }

    private static IEnumerable<(string Name, ImageDataset Images)> PartsOf(ImageParts images)
    {
        ImageDataset?[] parts =
            [images.Train, ReferenceEquals(images.Validation, images.Test) ? null : images.Validation, images.Test];
        foreach ((string name, ImageDataset? part) in PreparedDescription.Parts.Zip(parts))
        {
            if (part is { Count: > 0 })
            {
                yield return (name, part);
            }
        }
    }

    private static string ImagesFile(string part) => $"{part}_images.npy";

    private static string LabelsFile(string part) => $"{part}_labels.npy";
}
