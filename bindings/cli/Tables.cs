using Spectre.Console;

namespace FlowEngine.Cli;

/// <summary>Tables on a terminal or in a file.</summary>
internal static class Tables
{
    private const int WidthWithoutTerminal = 160;

    /// <summary>A console in color if the output is a terminal, plain and of fixed width if not.</summary>
    /// <param name="output">Where it writes.</param>
    public static IAnsiConsole Console(TextWriter output)
    {
        bool isTerminal = IsTerminal(output);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        return console;
    }

    /// <summary>True for the standard output where that is a terminal.</summary>
    public static bool IsTerminal(TextWriter output) =>
        ReferenceEquals(output, System.Console.Out) && !System.Console.IsOutputRedirected;

    /// <summary>A table without rows yet.</summary>
    public static Table Titled(string title, params string[] columns)
    {
        Table table = new Table().Title(Markup.Escape(PrintableText.OneLine(title))).Border(TableBorder.Simple);
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        return table;
    }

    /// <summary>Adds a row. Cells are text of one line, never Spectre's markup: a path may hold brackets.</summary>
    public static void Row(Table table, params string[] cells) =>
        table.AddRow([.. cells.Select(cell => new Text(PrintableText.OneLine(cell)))]);
}
