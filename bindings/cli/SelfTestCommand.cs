using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

using FlowEngine.Conformance;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Gpu;

using Spectre.Console;

namespace FlowEngine.Cli;

/// <summary><c>flow selftest</c>: whether a device computes what it should.</summary>
internal static class SelfTestCommand
{
    private const int Failed = 1;

    private static readonly Option<string> _device = new("--device")
    {
        Description = "What to test: cpu, or a device that flow devices lists",
        DefaultValueFactory = _ => "cpu",
    };

    private static readonly Option<int> _runs = CommandOptions.Number(
        "--runs", "How often each kernel of a GPU runs, every time with other shapes", 5);

    private static readonly Option<bool> _json = CommandOptions.Json("Print one JSON object for each case");

    public static Command Build()
    {
        Command command = new("selftest", "Checks that a device computes what it should; exit code 1 if not.")
        {
            _device, _runs, _json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        int runs = parse.GetValue(_runs);
        if (runs is < 1 or > 10_000)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"runs is {runs}, expected 1 to 10000");
        }

        string name = parse.GetRequiredValue(_device);
        if (name is "cpu" or "auto")
        {
            using IBackend backend = Devices.Open(name);
            return Report(parse, name, SelfTest.Run(backend), SelfTest.Count(backend));
        }

        using GpuDevice device = OpenDevice(name);
        return Report(parse, name, SelfTest.Run(device, runs), SelfTest.Count(device));
    }

    private static GpuDevice OpenDevice(string name)
    {
        try
        {
            return GpuDevices.Open(name);
        }
        catch (GpuException e) when (e.Kind == GpuErrorKind.NoDevice)
        {
            throw new FlowException(FlowErrorKind.NoDevice, e.Message, e);
        }
    }

    private static int Report(ParseResult parse, string device, IEnumerable<SelfTestResult> results, int count)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        bool json = parse.GetValue(_json);
        List<SelfTestResult> all = [];
        if (json)
        {
            foreach (SelfTestResult result in results)
            {
                all.Add(result);
                output.WriteLine(Json(device, result).ToJsonString());
            }
        }
        else
        {
            WaitLine.During(parse, $"testing {device} in {count} cases", told =>
            {
                foreach (SelfTestResult result in results)
                {
                    all.Add(result);
                    told(all.Count, count);
                }

                return true;
            });
        }

        int failed = all.Count(result => !result.Passed);
        if (!json)
        {
            Write(device, all, output);
            output.WriteLine($"{device}: {all.Count - failed} of {all.Count} cases passed");
        }

        return failed == 0 ? 0 : Failed;
    }

    private static void Write(string device, List<SelfTestResult> results, TextWriter output)
    {
        Table table = Tables.Titled(device, "case", "error", "allowed", "seconds", "result");
        foreach (SelfTestResult result in results)
        {
            Tables.Row(
                table,
                result.Name,
                result.Fault is null ? Text($"{result.Error:0.0e+0}") : string.Empty,
                result.Tolerance == 0 ? "same bits" : Text($"{result.Tolerance:0.0e+0}"),
                Text($"{result.Seconds:0.00}"),
                result.Passed ? "passed" : "FAILED");
        }

        Tables.Console(output).Write(table);
        foreach (SelfTestResult result in results.Where(result => result.Fault is not null))
        {
            output.WriteLine($"{result.Name}: {result.Fault}");
        }
    }

    private static JsonObject Json(string device, SelfTestResult result) => new()
    {
        ["device"] = device,
        ["case"] = result.Name,
        ["shows"] = result.Shows,
        ["runs"] = result.Runs,
        ["error"] = double.IsNaN(result.Error) ? null : result.Error,
        ["tolerance"] = result.Tolerance,
        ["passed"] = result.Passed,
        ["fault"] = result.Fault,
        ["seconds"] = result.Seconds,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
