using FlowEngine.Models;

using Spectre.Console;

namespace FlowEngine.Cli;

/// <summary>The tables of <c>flow info</c>.</summary>
internal static class InfoTables
{
    private const int WidthWithoutTerminal = 120;

    public static void Write(
        TextWriter output,
        string path,
        Model model,
        IReadOnlyList<(string Mode, IReadOnlyList<(string Name, long Bytes)> Parts)> plans,
        IReadOnlyList<LayerInvertibility> layers)
    {
        bool isTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        });
        if (!isTerminal)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        console.Write(Configuration(path, model));
        console.Write(Memory(model, plans));
        if (layers.Count > 0)
        {
            console.Write(Layers(layers));
        }
        else
        {
            console.WriteLine("The model is not initialized on data, so its layers cannot be checked.");
        }
    }

    private static Table Configuration(string path, Model model)
    {
        ModelConfig config = model.Config;
        GlowOptions glow = config.Glow;
        Table table = Titled(path, "configuration", "value");
        Row(table, "preset", CommandOptions.NameOf(glow.Preset));
        Row(table, "images", $"{glow.Height}x{glow.Width}x{glow.Channels}, {glow.Bins} grey levels");
        Row(table, "data", $"{config.DataName} {config.DataHeight}x{config.DataWidth}".Trim());
        Row(table, "levels x steps", $"{glow.Levels} x {glow.Steps}");
        Row(table, "hidden", FormattableString.Invariant($"{glow.Hidden}"));
        Row(table, "coupling", CommandOptions.NameOf(glow.Coupling));
        Row(table, "parameters", FormattableString.Invariant($"{model.Flow.Parameters.Count:#,0}"));
        return table;
    }

    private static Table Memory(
        Model model, IReadOnlyList<(string Mode, IReadOnlyList<(string Name, long Bytes)> Parts)> plans)
    {
        Table table = Titled($"memory at batch {model.BatchSize}", "mode", "part", "bytes");
        foreach ((string mode, IReadOnlyList<(string Name, long Bytes)> parts) in plans)
        {
            Row(table, mode, "total", MemoryText.Bytes(parts.Sum(part => part.Bytes)));
            foreach ((string name, long bytes) in parts)
            {
                Row(table, string.Empty, name, MemoryText.Bytes(bytes));
            }
        }

        return table;
    }

    private static Table Layers(IReadOnlyList<LayerInvertibility> layers)
    {
        Table table = Titled("invertibility", "layer", "round-trip error", "condition number", "smallest scale");
        foreach (LayerInvertibility layer in layers)
        {
            Row(
                table,
                layer.Name,
                FormattableString.Invariant($"{layer.RoundTripError:0.0e+0}"),
                FormattableString.Invariant($"{layer.ConditionNumber:0.00}"),
                FormattableString.Invariant($"{layer.SmallestScale:0.0000}"));
        }

        return table;
    }

    private static Table Titled(string title, params string[] columns)
    {
        Table table = new Table().Title(Markup.Escape(title)).Border(TableBorder.Simple).LeftAligned();
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        return table;
    }

    /// <summary>Cells are text, never Spectre's markup: a path may hold brackets.</summary>
    private static void Row(Table table, params string[] cells) =>
        table.AddRow([.. cells.Select(cell => new Text(cell))]);
}
