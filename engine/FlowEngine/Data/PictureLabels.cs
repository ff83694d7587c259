namespace FlowEngine.Data;

/// <summary>Labels of pictures in a CSV file beside them or their parts, as the sets of Kaggle have them.</summary>
/// <remarks>
/// The first column has the names of files, with or without their endings; the labels are in the only other column, or in one
/// of a usual name.
/// </remarks>
internal sealed class PictureLabels
{
    private static readonly string[] _files = ["labels.csv", "train.csv", "train_labels.csv", "trainlabels.csv"];
    private static readonly string[] _columns = ["label", "labels", "class", "category", "target"];

    private readonly string _path;
    private readonly Dictionary<string, string> _labels = [];

    private PictureLabels(string path, CsvRecords records)
    {
        _path = path;
        List<string> header = records.Read() ?? throw DataFile.BadFormat(path, "is empty, expected names of files and labels");
        int column = header.Count == 2 ? 1 : header.FindIndex(one => _columns.Contains(one, StringComparer.OrdinalIgnoreCase));
        if (column < 1)
        {
            throw DataFile.BadFormat(
                path,
                $"has the columns {string.Join(", ", header.Take(12))}, expected the names of files and a column "
                + $"{string.Join(", ", _columns)}, or only two");
        }

        while (records.Read() is List<string> fields)
        {
            if (fields.Count != header.Count || !_labels.TryAdd(fields[0], fields[column]))
            {
                throw DataFile.BadFormat(
                    path,
                    $"line {records.Line} has {fields.Count} fields, or a file for the second time, expected {header.Count} fields "
                    + "and each file once");
            }
        }
    }

    /// <summary>The labels of a set; null where it has no such file.</summary>
    /// <param name="source">Its files.</param>
    /// <exception cref="FlowException">The file has no such columns.</exception>
    public static PictureLabels? Find(PictureFiles source)
    {
        if (_files.Select(name => Array.Find(source.Names, file => file.Equals(name, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(file => file is not null) is not string found)
        {
            return null;
        }

        string path = source.Describe(found);
        using MemoryStream content = new(source.Each([found]).First().Read());
        using LineReader text = new(content, path);
        return new PictureLabels(path, new CsvRecords(text, path));
    }

    /// <summary>The labels of some pictures.</summary>
    /// <param name="files">Their files.</param>
    /// <param name="isRequired">Whether they have to have them.</param>
    /// <returns>Null where one has none, and none is required.</returns>
    /// <exception cref="FlowException">One has none: which.</exception>
    public ClassLabels? Of(string[] files, bool isRequired)
    {
        string?[] labels = Array.ConvertAll(
            files,
            file => _labels.GetValueOrDefault(Path.GetFileName(file)) ?? _labels.GetValueOrDefault(Path.GetFileNameWithoutExtension(file)));
        int missing = Array.IndexOf(labels, null);
        return missing < 0 ? ClassLabels.Of(labels!)
            : !isRequired ? null
            : throw DataFile.BadFormat(_path, $"has no line of '{files[missing]}', expected one for each picture");
    }
}
