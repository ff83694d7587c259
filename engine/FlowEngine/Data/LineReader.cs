using System.Text;

namespace FlowEngine.Data;

/// <summary>Reads UTF-8 text by lines, none of which is longer than a row of a table can be.</summary>
/// <param name="content">The text.</param>
/// <param name="name">What messages call it.</param>
internal sealed class LineReader(Stream content, string name) : StreamReader(content)
{
    /// <summary>The most characters of a line.</summary>
    internal const int LongestLine = 1 << 22;

    private readonly char[] _buffer = new char[1 << 12];
    private int _position;
    private int _length;
    private StringBuilder? _long;

    /// <inheritdoc/>
    public override string? ReadLine()
    {
        _long?.Clear();
        while (Fill())
        {
            ReadOnlySpan<char> rest = _buffer.AsSpan(_position, _length - _position);
            int end = rest.IndexOfAny('\n', '\r');
            if (end < 0)
            {
                Keep(rest);
                _position = _length;
                continue;
            }

            string line = _long is { Length: > 0 } ? Keep(rest[..end]).ToString() : rest[..end].ToString();
            _position += end + 1;
            if (rest[end] == '\r' && Fill() && _buffer[_position] == '\n')
            {
                _position++;
            }

            return line;
        }

        return _long is { Length: > 0 } ? _long.ToString() : null;
    }

    private bool Fill()
    {
        if (_position == _length)
        {
            (_position, _length) = (0, Read(_buffer, 0, _buffer.Length));
        }

        return _length > 0;
    }

    private StringBuilder Keep(ReadOnlySpan<char> part)
    {
        _long ??= new StringBuilder();
        return _long.Length + part.Length <= LongestLine
            ? _long.Append(part)
            : throw DataFile.BadFormat(name, $"has a line of more than {LongestLine} characters, expected rows of a table");
    }
}
