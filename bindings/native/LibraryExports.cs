using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Training;

namespace FlowEngine.Native;

/// <summary>What the library says of itself. Each function is described in flowengine.h.</summary>
internal static unsafe class LibraryExports
{
    /// <summary>FLOW_ABI_VERSION of flowengine.h.</summary>
    internal const uint Abi = 2;

    private static readonly byte[] _version = Check.ToPinned(
        typeof(LibraryExports).Assembly.GetName().Version!.ToString(fieldCount: 3));

    private static readonly byte[] _instructionSet = Check.ToPinned(Processor.InstructionSet);

    [UnmanagedCallersOnly(EntryPoint = "flow_abi_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint AbiVersion() => Abi;

    [UnmanagedCallersOnly(EntryPoint = "flow_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* Version() => Check.Pinned(_version);

    [UnmanagedCallersOnly(EntryPoint = "flow_instruction_set", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* InstructionSet() => Check.Pinned(_instructionSet);

    [UnmanagedCallersOnly(EntryPoint = "flow_describe", CallConvs = [typeof(CallConvCdecl)])]
    internal static int Describe(byte* json, nuint capacityInBytes, nuint* lengthInBytes) =>
        Guard.Run(() => Check.Give(Descriptions.ToJson(), json, capacityInBytes, lengthInBytes, nameof(json)));

    [UnmanagedCallersOnly(EntryPoint = "flow_last_error", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* LastError() => ThreadError.Pointer;

    [UnmanagedCallersOnly(EntryPoint = "flow_status_text", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* StatusText(int status) => StatusTexts.Of(status);
}
