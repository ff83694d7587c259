namespace FlowEngine.Native;

/// <summary>The numbers <c>FLOW_BACKEND_...</c> of flowengine.h.</summary>
internal static class DeviceBackend
{
    /// <summary>The CPU.</summary>
    public const int Cpu = 1;

    /// <summary>By number.</summary>
    public static readonly string[] Names = ["auto", "cpu", "cuda", "opencl"];
}
