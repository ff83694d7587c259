// What the package FlowEngine.Native brings: the C library, found by its name.
using System;
using System.Runtime.InteropServices;

Console.WriteLine($"{Marshal.PtrToStringUTF8(Version())}, {Marshal.PtrToStringUTF8(InstructionSet())}");

[DllImport("flowengine", EntryPoint = "flow_version")]
static extern nint Version();

[DllImport("flowengine", EntryPoint = "flow_instruction_set")]
static extern nint InstructionSet();
