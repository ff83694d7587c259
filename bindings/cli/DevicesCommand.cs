using System.CommandLine;
using System.Text.Json.Nodes;

using FlowEngine.Execution;
using FlowEngine.Kernels.Gpu;

using Spectre.Console;

namespace FlowEngine.Cli;

/// <summary><c>flow devices</c>: what this machine computes on, and why other devices are not there.</summary>
internal static class DevicesCommand
{
    private static readonly Option<bool> _json = CommandOptions.Json("Print one JSON object");

    public static Command Build()
    {
        Command command = new("devices", "Lists the devices that models can run on, and says why others are missing.") { _json };
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

        Tables.Console(output).Write(DeviceTable(devices));
        foreach (string reason in missing)
        {
            output.WriteLine(reason);
        }

        return 0;
    }

    private static Table DeviceTable(IReadOnlyList<GpuDeviceInfo> devices)
    {
        Table table = Tables.Titled("Flows run on", "device", "name", "version", "memory", "processors");
        Tables.Row(
            table,
            "cpu",
            Processor.Name,
            Processor.Vectors,
            MemoryText.Bytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
            FormattableString.Invariant($"{Environment.ProcessorCount}"));
        foreach (GpuDeviceInfo device in devices)
        {
            Tables.Row(
                table,
                device.Selector,
                device.Name,
                device.Version,
                MemoryText.Bytes(device.MemoryInBytes),
                FormattableString.Invariant($"{device.Multiprocessors}"));
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
        ["cpu"] = Processor.Describe(),
        ["missing"] = new JsonArray([.. missing.Select(reason => (JsonNode)reason)]),
    };
}
