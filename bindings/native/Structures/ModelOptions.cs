using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_model_options</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ModelOptions
{
    /// <summary>Its first size under FLOW_ABI_VERSION 1: from that to <see cref="FirstSize"/> it is a struct of those headers.</summary>
    public const int Abi1Size = 48;

    /// <summary>Its first size.</summary>
    public const int FirstSize = 88;

    public uint StructSize;
    public fixed int Settings[ModelSettings.Count];
    public int Classes;
    public int ConditionColumns;
    public int ConditionInto;
    public ulong Seed;
    public fixed int Reserved[2];
}
