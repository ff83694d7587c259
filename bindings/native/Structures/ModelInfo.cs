using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_model_info</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ModelInfo
{
    /// <summary>Its size before it grew.</summary>
    public const int FirstSize = 136;

    public uint StructSize;
    public int Height;
    public int Width;
    public int Channels;
    public int Levels;
    public int Steps;
    public int Hidden;
    public int Coupling;
    public int Preset;
    public int Bins;
    public int IsInitialized;
    public int DataHeight;
    public int DataWidth;
    public int Backend;
    public int Device;
    public int Threads;
    public long Dims;
    public long Tensors;
    public long Parameters;
    public long ParametersLength;
    public long ConstantsLength;
    public fixed byte Model[32];
    public int Precision;
    public int HiddenLayers;
    public int Mixing;
    public int BatchNorm;
    public int Prior;
    public int Classes;
    public int ConditionColumns;
    public int ConditionInto;
    public int TableColumns;
    public int TableConditionColumns;
}
