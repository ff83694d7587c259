using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>The pictures of a folder, read one at a time, in color and at their own sizes.</summary>
internal sealed class PictureSet
{
    private readonly PictureFolder _folder;
    private readonly ImageReading _reading;
    private readonly PictureList _list;

    private PictureSet(PictureFolder folder, ImageReading reading, PictureList list) =>
        (_folder, _reading, _list) = (folder, reading, list);

    /// <summary>Lists a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="reading">What decodes pictures.</param>
    /// <param name="part">Which part.</param>
    /// <param name="limit">Only so many of the first pictures.</param>
    /// <exception cref="FlowException">It is no folder of pictures, or has no such part.</exception>
    public static PictureSet Open(string path, ImageReading reading, DataPart part, int limit)
    {
        if (File.Exists(path))
        {
            throw DataFile.BadFormat(path, "is a file, expected a folder of pictures");
        }

        PictureFolder folder = DataFile.Guard(path, () => new PictureFolder(path));
        (PictureList? train, PictureList? validation, PictureList? test) = ImageFolderReader.List(folder, reading);
        PictureList[] lists = part switch
        {
            DataPart.Train => [train ?? throw NoPart("train")],
            DataPart.Validation => [validation ?? throw NoPart("val")],
            DataPart.Test => [test ?? throw NoPart("test")],
            _ => [.. new[] { train, validation, test }.OfType<PictureList>()],
        };
        bool isLabeled = Array.TrueForAll(
            lists, list => list.Labels is not null && ReferenceEquals(list.ClassNames, lists[0].ClassNames));
        return new PictureSet(folder, reading, new PictureList(
            [.. lists.SelectMany(list => list.Files).Take(limit)],
            isLabeled ? [.. lists.SelectMany(list => list.Labels!).Take(limit)] : null,
            lists[0].ClassNames,
            lists[0].Notes));

        FlowException NoPart(string name) => new(
            FlowErrorKind.InvalidArgument, $"{path}: has no part {name}, expected a folder {name} in it");
    }

    /// <summary>Its short name.</summary>
    public string Name => Path.GetFileName(Path.GetFullPath(_folder.Source).TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>The names of the pictures in the folder, with '/'.</summary>
    public IReadOnlyList<string> Files => _list.Files;

    /// <summary>One label a picture, by the sub-folders or a file of labels; null where there are none.</summary>
    public int[]? Labels => _list.Labels;

    /// <summary>What a label k is called; null where labels are numbers.</summary>
    public IReadOnlyList<string>? ClassNames => _list.ClassNames;

    /// <summary>Says what was passed over.</summary>
    /// <param name="error">Standard error.</param>
    public void WriteNotes(TextWriter error)
    {
        foreach (string note in _list.Notes)
        {
            Note.Write(error, note);
        }
    }

    /// <summary>What messages call a picture.</summary>
    /// <param name="index">0 to Files.Count - 1.</param>
    public string Describe(int index) => _folder.Describe(Files[index]);

    /// <summary>Reads a picture.</summary>
    /// <param name="index">0 to Files.Count - 1.</param>
    /// <exception cref="FlowException">It is unreadable or damaged.</exception>
    public Image Read(int index) =>
        _reading.Read(DataFile.ReadAllBytes(Describe(index)), Path.GetExtension(Files[index]), Describe(index));
}
