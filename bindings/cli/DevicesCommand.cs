using System.CommandLine;
using System.Text.Json.Nodes;

using FlowEngine.Kernels.Gpu;

using Spectre.Console;

namespace FlowEngine.Cli;

/// <summary><c>flow devices</c>: what this machine computes on, and why other devices are not there.</summary>
internal static class DevicesCommand
{
    private const int WidthWithoutTerminal = 160;

    private static readonly Option<bool> _json = CommandOptions.Json("Print one JSON object");

    public static Command Build()
    {
        Command command = new("devices", "Lists the GPUs that run kernels, and says why others are not there.") { _json };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        IReadOnlyList<GpuDeviceInfo> devices = GpuDevices.List();
        IReadOnlyList<string> missing = GpuDevices.Missing();
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(_json))
        {
            output.WriteLine(Json(devices, missing).ToJsonString());
            return 0;
        }

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

        console.Write(DeviceTable(devices));
        foreach (string reason in missing)
        {
            output.WriteLine(reason);
        }

        return 0;
    }

    private static Table DeviceTable(IReadOnlyList<GpuDeviceInfo> devices)
    {
        Table table = new Table().Border(TableBorder.Simple).LeftAligned();
        foreach (string column in new[]
        {
            "device", "name", "version", "memory", "multiprocessors", "shared memory of a group",
        })
        {
            table.AddColumn(new TableColumn(column));
        }

        foreach (GpuDeviceInfo device in devices)
        {
            // Cells are text, never Spectre's markup: a driver's name may hold brackets.
            table.AddRow(
                new Text(device.Selector),
                new Text(device.Name),
                new Text(device.Version),
                new Text(MemoryText.Bytes(device.MemoryInBytes)),
                new Text(FormattableString.Invariant($"{device.Multiprocessors}")),
                new Text(MemoryText.Bytes(device.MaxSharedBytesPerGroup)));
        }

        return table;
    }

    private static JsonObject Json(IReadOnlyList<GpuDeviceInfo> devices, IReadOnlyList<string> missing) => new()
    {
        ["devices"] = new JsonArray([.. devices.Select(device => new JsonObject
        {
            ["selector"] = device.Selector,
            ["runner"] = CommandOptions.NameOf(device.Runner),
            ["name"] = device.Name,
            ["version"] = device.Version,
            ["memory_bytes"] = device.MemoryInBytes,
            ["multiprocessors"] = device.Multiprocessors,
            ["max_shared_bytes_per_group"] = device.MaxSharedBytesPerGroup,
        })]),
        ["missing"] = new JsonArray([.. missing.Select(reason => (JsonNode)reason)]),
    };
}
