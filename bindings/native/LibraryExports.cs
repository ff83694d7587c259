using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary>What the library says of itself. Each function is described in flowengine.h.</summary>
internal static unsafe class LibraryExports
{
    private static readonly byte[] _version = Check.ToPinned(
        typeof(LibraryExports).Assembly.GetName().Version!.ToString(fieldCount: 3));

    private static readonly byte[] _instructionSet = Check.ToPinned(Processor.InstructionSet);

    [UnmanagedCallersOnly(EntryPoint = "flow_abi_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static uint AbiVersion() => 1;

    [UnmanagedCallersOnly(EntryPoint = "flow_version", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* Version() => Check.Pinned(_version);

    [UnmanagedCallersOnly(EntryPoint = "flow_instruction_set", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* InstructionSet() => Check.Pinned(_instructionSet);

    [UnmanagedCallersOnly(EntryPoint = "flow_last_error", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* LastError() => ThreadError.Pointer;

    [UnmanagedCallersOnly(EntryPoint = "flow_status_text", CallConvs = [typeof(CallConvCdecl)])]
    internal static byte* StatusText(int status) => StatusTexts.Of(status);
}
