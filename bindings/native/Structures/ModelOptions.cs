using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_model_options</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ModelOptions
{
    /// <summary>Its size before it grew.</summary>
    public const int FirstSize = 48;

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
    public ulong Seed;
    public int HiddenLayers;
    public int Mixing;
    public int BatchNorm;
    public int Prior;
    public int Classes;
    public int ConditionColumns;
    public int ConditionInto;
    public int Reserved;
}
