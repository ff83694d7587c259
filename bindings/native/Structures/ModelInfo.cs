using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_model_info</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ModelInfo
{
    /// <summary>Its first size under FLOW_ABI_VERSION 1: from that to <see cref="FirstSize"/> it is a struct of those headers.</summary>
    public const int Abi1Size = 136;

    /// <summary>Its first size.</summary>
    public const int FirstSize = 184;

    public uint StructSize;
    public fixed int Settings[ModelSettings.Count];
    public int Classes;
    public int ConditionColumns;
    public int ConditionInto;
    public int IsInitialized;
    public int DataHeight;
    public int DataWidth;
    public int Backend;
    public int Device;
    public int Threads;
    public int Precision;
    public int Reserved;
    public long Dims;
    public long Tensors;
    public long Parameters;
    public long ParametersLength;
    public long ConstantsLength;
    public fixed byte Model[32];
    public int TableColumns;
    public int TableConditionColumns;
}
