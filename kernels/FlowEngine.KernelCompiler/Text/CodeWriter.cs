using System.Text;

namespace FlowEngine.KernelCompiler;

/// <summary>Writes lines of code with indentation and <c>\n</c> ends, whatever the system.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;

    public void Line(string line = "")
    {
        if (line.Length > 0)
        {
            _text.Append(' ', _depth * 4).Append(line);
        }

        _text.Append('\n');
    }

    /// <summary>A line that starts at a column of its own.</summary>
    public void LineAt(int column, string line) => _text.Append(' ', column).Append(line).Append('\n');

    /// <summary>The lines of another writer, as they are.</summary>
    public void Text(CodeWriter lines) => _text.Append(lines);

    public void Open()
    {
        Line("{");
        _depth++;
    }

    public void Close(string end = "}")
    {
        _depth--;
        Line(end);
    }

    public void Indent() => _depth++;

    public void Unindent() => _depth--;

    public override string ToString() => _text.ToString();
}
