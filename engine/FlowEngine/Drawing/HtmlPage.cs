using System.Globalization;
using System.Net;
using System.Text;

using FlowEngine.Data;

namespace FlowEngine.Drawing;

/// <summary>A page of HTML that needs nothing outside its file.</summary>
internal sealed class HtmlPage
{
    private const string Style =
        """
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 760px; margin: 2em auto; padding: 0 1em; color: #222; }
        svg { width: 100%; } svg text { font-size: 11px; fill: #555; } svg .grid { stroke: #e4e4e4; }
        table { border-collapse: collapse; }
        td, th { border-bottom: 1px solid #ddd; padding: 2px 12px 2px 0; text-align: left; }
        figure { margin: 0 0 1.5em; } figure img { max-width: 100%; image-rendering: pixelated; }
        """;

    private readonly StringBuilder _html = new();

    /// <summary>A page with its title as heading.</summary>
    /// <param name="title">The title.</param>
    /// <param name="style">CSS beside that of all pages.</param>
    public HtmlPage(string title, string style = "")
    {
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        _html.Append(Invariant($"<title>{Text(title)}</title>\n<style>\n{Style}\n{style}</style>\n</head>\n<body>\n"));
        _html.Append(Invariant($"<h1>{Text(title)}</h1>\n"));
    }

    /// <summary>A text as it is meant, in HTML.</summary>
    /// <param name="text">Any text.</param>
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A text with numbers as in every country.</summary>
    /// <param name="text">The text.</param>
    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Appends HTML.</summary>
    /// <param name="html">HTML, whose texts have passed <see cref="Text"/>.</param>
    public void Append(string html) => _html.Append(html);

    /// <summary>Appends a heading.</summary>
    /// <param name="text">Any text.</param>
    public void Heading(string text) => Append($"<h2>{Text(text)}</h2>\n");

    /// <summary>Appends a table of names and values.</summary>
    /// <param name="rows">The rows, any text.</param>
    public void Table(params IEnumerable<(string Name, string Value)> rows)
    {
        Append("<table>\n");
        foreach ((string name, string value) in rows)
        {
            Append($"<tr><th>{Text(name)}</th><td>{Text(value)}</td></tr>\n");
        }

        Append("</table>\n");
    }

    /// <summary>Writes the page to a file, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FlowException">It cannot be written.</exception>
    public void Write(string path)
    {
        Append("</body>\n</html>\n");
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(_html.ToString())));
    }
}
