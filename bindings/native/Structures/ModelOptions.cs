using System.Runtime.InteropServices;

namespace FlowEngine.Native;

/// <summary><c>flow_model_options</c> of flowengine.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ModelOptions
{
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
}
