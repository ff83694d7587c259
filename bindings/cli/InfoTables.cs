using FlowEngine.Anomalies;
using FlowEngine.Architecture;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;

using Spectre.Console;

namespace FlowEngine.Cli;

/// <summary>The tables of <c>flow info</c>.</summary>
internal static class InfoTables
{
    public static void Write(
        TextWriter output,
        string path,
        Model model,
        IReadOnlyList<(string Mode, IReadOnlyList<(string Name, long Bytes)> Parts)> plans,
        IReadOnlyList<LayerInvertibility> layers)
    {
        IAnsiConsole console = Tables.Console(output);
        console.Write(Configuration(path, model));
        console.Write(Memory(model, plans));
        console.Write(Device(model));
        if (layers.Count > 0)
        {
            console.Write(Layers(layers));
        }
        else
        {
            console.WriteLine(model.Config.IsInitialized
                ? "Its images are too large to check its layers on."
                : "The model is not initialized on data, so its layers cannot be checked.");
        }
    }

    public static void Write(TextWriter output, string path, AnomalyDetector detector)
    {
        Table table = Tables.Titled(path, "anomaly detector", "value");
        Tables.Row(table, "data", $"{detector.Schema.Name} {detector.Schema.Summary}".Trim());
        Tables.Row(
            table,
            detector.Options.Contamination is null ? "false alarms" : "contamination",
            FormattableString.Invariant($"{detector.Options.Contamination ?? detector.Options.FalseAlarms}"));
        Tables.Row(table, "threshold", FormattableString.Invariant($"{detector.Threshold:0.0000}"));
        Tables.Row(
            table,
            detector.Network is null ? "rows held out" : "pictures held out",
            FormattableString.Invariant($"{detector.HeldOutRows:#,0}"));
        if (detector.Network is PictureNetwork network)
        {
            Tables.Row(table, "network", $"SHA-256 {network.Sha256}");
            Tables.Row(
                table,
                "features",
                $"{network.Output} of {network.Height}x{network.Width} pixels, {(network.IsByPosition ? "by position" : "pooled")}");
        }

        Tables.Console(output).Write(table);
    }

    private static Table Configuration(string path, Model model)
    {
        ModelConfig config = model.Config;
        IModelOptions options = config.Options;
        Table table = Tables.Titled(path, "configuration", "value");
        Tables.Row(table, "model", options.Summary);
        Tables.Row(
            table,
            options.Bins is null ? "rows" : "images",
            options.Bins is int bins
                ? $"{options.Height}x{options.Width}x{options.Channels}, {bins} grey levels"
                : $"{options.Dims} columns");
        Tables.Row(table, "data", $"{config.Data?.Name} {config.DataSummary}".Trim());
        if (options.Condition is { IsClass: true })
        {
            Tables.Row(table, "classes", config.Classes.Summary);
        }

        Tables.Row(table, "parameters", FormattableString.Invariant($"{model.Flow.Parameters.Count:#,0}"));
        return table;
    }

    private static Table Memory(
        Model model, IReadOnlyList<(string Mode, IReadOnlyList<(string Name, long Bytes)> Parts)> plans)
    {
        Table table = Tables.Titled($"memory at batch {model.BatchSize}", "mode", "part", "bytes");
        foreach ((string mode, IReadOnlyList<(string Name, long Bytes)> parts) in plans)
        {
            Tables.Row(table, mode, "total", MemoryText.Bytes(parts.Sum(part => part.Bytes)));
            foreach ((string name, long bytes) in parts)
            {
                Tables.Row(table, string.Empty, name, MemoryText.Bytes(bytes));
            }
        }

        return table;
    }

    private static Table Device(Model model)
    {
        DeviceMemory memory = model.Backend.Memory;
        Table table = Tables.Titled($"memory of {model.Backend.Name}", "what", "how much");
        Tables.Row(table, "in all", MemoryText.Bytes(memory.TotalBytes));
        Tables.Row(table, "free now", MemoryText.Bytes(memory.FreeBytes));
        Row("inference", null);
        Row("train, store", MemoryMode.Store);
        Row("train, invert", MemoryMode.Invert);
        return table;

        void Row(string mode, MemoryMode? training) => Tables.Row(
            table,
            $"largest batch that fits, {mode}",
            FormattableString.Invariant($"{model.LargestBatch(training, memory.FreeBytes)}"));
    }

    private static Table Layers(IReadOnlyList<LayerInvertibility> layers)
    {
        Table table = Tables.Titled("invertibility", "layer", "round-trip error", "condition number", "smallest scale");
        foreach (LayerInvertibility layer in layers)
        {
            Tables.Row(
                table,
                layer.Name,
                FormattableString.Invariant($"{layer.RoundTripError:0.0e+0}"),
                FormattableString.Invariant($"{layer.ConditionNumber:0.00}"),
                FormattableString.Invariant($"{layer.SmallestScale:0.0000}"));
        }

        return table;
    }
}
