using System.Globalization;
using System.Net;
using System.Text;

using FlowEngine.Data;

namespace FlowEngine.Drawing;

/// <summary>A page of HTML that needs nothing outside its file, light or dark as its reader prefers.</summary>
internal sealed class HtmlPage
{
    /// <summary>CSS color of what is measured.</summary>
    public const string Blue = "var(--blue)";

    /// <summary>CSS color of what is set beside it.</summary>
    public const string Orange = "var(--orange)";

    /// <summary>CSS color of lines that only guide the eye.</summary>
    public const string Muted = "var(--muted)";

    private const string Style =
        """
        :root { color-scheme: light dark; --ink: #222; --muted: #6a6a6a; --line: #ddd; --grid: #e6e6e6; --page: #fff; --panel: #f4f5f7;
          --blue: #2f62b5; --orange: #c2541b; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --muted: #a6a6a6; --line: #40444c; --grid: #31353d;
          --page: #15171b; --panel: #202329; --blue: #82aaf0; --orange: #f0935a; } }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 1128px; margin: 2em auto; padding: 0 1em; color: var(--ink);
          background: var(--page); }
        p, li { max-width: 48em; } h2 { margin: 1.6em 0 .5em; } small { color: var(--muted); }
        svg { display: block; width: 100%; max-width: 760px; } svg text { font-size: 12px; fill: var(--ink); }
        svg .grid { stroke: var(--grid); } svg .axis { stroke: var(--muted); }
        table { border-collapse: collapse; }
        td, th { border-bottom: 1px solid var(--line); padding: 2px 12px 2px 0; text-align: left; vertical-align: top; }
        figure { margin: 0 0 1em; max-width: 100%; } figcaption { margin-bottom: .3em; } img { max-width: 100%; height: auto; }
        .row { display: flex; flex-wrap: wrap; gap: 12px 24px; } .cells { display: grid; gap: 12px 24px; }
        .wide { overflow-x: auto; }
        pre { background: var(--panel); padding: .7em 1em; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 4px; }
        code { background: var(--panel); padding: 0 .25em; white-space: nowrap; } pre code { padding: 0; white-space: inherit; }
        @media (max-width: 600px) { body { margin: 1em auto; } .plots text { font-size: 15px; } }

        """;

    private readonly StringBuilder _html = new();

    /// <summary>A page with its title as heading.</summary>
    /// <param name="title">The title.</param>
    /// <param name="style">CSS beside that of all pages.</param>
    public HtmlPage(string title, string style = "")
    {
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        _html.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        _html.Append(Invariant($"<title>{Text(title)}</title>\n<style>\n{Style}{style}</style>\n</head>\n<body>\n"));
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

    /// <summary>Appends a table.</summary>
    /// <param name="rows">Its rows, any text: what a row is of, then its values.</param>
    public void Table(params IEnumerable<string[]> rows)
    {
        Append("<div class=\"wide\"><table>\n");
        foreach (string[] row in rows)
        {
            Append($"<tr><th>{Text(row[0])}</th>{string.Concat(row.Skip(1).Select(value => $"<td>{Text(value)}</td>"))}</tr>\n");
        }

        Append("</table></div>\n");
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
