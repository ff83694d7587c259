using System.Text;

namespace FlowEngine.Data;

/// <summary>The records of a CSV text (RFC 4180), with the delimiter of its first record.</summary>
/// <remarks>
/// The delimiter is the tab, else the semicolon, else the comma: the first of them that the first record has outside
/// quotes. Lines that hold only white space are passed over. A quoted field may hold delimiters, doubled quotes and line ends.
/// </remarks>
/// <param name="text">The text.</param>
/// <param name="name">What messages call it.</param>
internal sealed class CsvRecords(TextReader text, string name)
{
    private const int MostFields = 1 << 16;
    private const string ExcelLine = "sep=";

    private static readonly char[] _delimiters = ['\t', ';', ','];

    private char? _delimiter;
    private int _lines;

    /// <summary>The line the last record began on, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>The fields of the next record, without their quotes; null at the end.</summary>
    /// <exception cref="FlowException">A quote is not closed, or something follows a closed one.</exception>
    public List<string>? Read()
    {
        if (ReadWhole() is not string record)
        {
            return null;
        }

        if (_delimiter is null && record.Length <= ExcelLine.Length + 1
            && record.StartsWith(ExcelLine, StringComparison.OrdinalIgnoreCase))
        {
            throw Bad($"is '{record}', which tells Excel the delimiter, expected names or numbers: remove that line");
        }

        _delimiter ??= _delimiters.FirstOrDefault(OutsideQuotes(record).Contains, ',');
        return Split(record, _delimiter.Value);
    }

    private string? ReadWhole()
    {
        string? line;
        do
        {
            line = text.ReadLine();
            _lines++;
        }
        while (line is not null && string.IsNullOrWhiteSpace(line));

        Line = _lines;
        if (line is null || IsClosed(line))
        {
            return line;
        }

        // A quoted field goes on over the end of the line.
        StringBuilder record = new(line);
        bool isClosed = false;
        while (!isClosed)
        {
            line = text.ReadLine() ?? throw Bad("has a quote that is not closed, expected a second one");
            _lines++;
            record.Append('\n').Append(line);
            if (record.Length > LineReader.LongestLine)
            {
                throw Bad("has a quote that is not closed for too long, expected a second one");
            }

            isClosed = !IsClosed(line);
        }

        return record.ToString();
    }

    /// <summary>True if the quotes in it come in pairs.</summary>
    private static bool IsClosed(string line) => line.AsSpan().Count('"') % 2 == 0;

    private static HashSet<char> OutsideQuotes(string record)
    {
        HashSet<char> found = [];
        bool isInside = false;
        foreach (char c in record)
        {
            isInside ^= c == '"';
            if (!isInside)
            {
                found.Add(c);
            }
        }

        return found;
    }

    private List<string> Split(string record, char delimiter)
    {
        List<string> fields = [];
        int position = 0;
        while (true)
        {
            fields.Add(fields.Count < MostFields
                ? TakeField(record, delimiter, ref position)
                : throw Bad($"has more than {MostFields} fields, expected the columns of a table"));
            if (position >= record.Length)
            {
                return fields;
            }

            position++;
            if (position == record.Length)
            {
                fields.Add(string.Empty);
                return fields;
            }
        }
    }

    /// <summary>The field at a position, which moves to the delimiter behind it or to the end.</summary>
    private string TakeField(string record, char delimiter, ref int position)
    {
        int start = position;
        while (start < record.Length && record[start] == ' ')
        {
            start++;
        }

        int end;
        if (start == record.Length || record[start] != '"')
        {
            end = record.IndexOf(delimiter, position);
            end = end < 0 ? record.Length : end;
            string plain = record[position..end].Trim();
            position = end;
            return plain;
        }

        StringBuilder field = new();
        for (end = start + 1; end < record.Length; end++)
        {
            bool isDoubled = record[end] == '"' && end + 1 < record.Length && record[end + 1] == '"';
            if (record[end] == '"' && !isDoubled)
            {
                break;
            }

            field.Append(record[end]);
            end += isDoubled ? 1 : 0;
        }

        position = record.IndexOf(delimiter, Math.Min(end + 1, record.Length));
        position = position < 0 ? record.Length : position;
        return end < record.Length && string.IsNullOrWhiteSpace(record[(end + 1)..position])
            ? field.ToString()
            : throw Bad("has text behind a closing quote, expected a delimiter (a quote inside quotes is doubled)");
    }

    private FlowException Bad(string problem) => DataFile.BadFormat(name, $"line {Line} {problem}");
}
