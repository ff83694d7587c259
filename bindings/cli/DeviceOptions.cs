using System.CommandLine;

using FlowEngine.Execution;
using FlowEngine.Kernels;

namespace FlowEngine.Cli;

/// <summary>The options for where a command computes. A command may have only some of them.</summary>
internal sealed class DeviceOptions
{
    public Option<string> Name { get; } = CommandOptions.Device();

    public Option<int> Threads { get; } = CommandOptions.Threads();

    public Option<NetworkPrecision> Precision { get; } = CommandOptions.Precision();

    /// <summary>Opens the device; without an option for it, the CPU.</summary>
    public IBackend Open(ParseResult parse) => Devices.Open(
        parse.GetValue(Name) ?? "cpu", parse.GetValue(Threads), parse.GetValue(Precision));
}
