namespace FlowEngine.Kernels.Device;

/// <summary>What tensor cores round factors to. ILGPU has none of their products.</summary>
internal static class TensorCore
{
    public static uint ToTensorFloat32(float value) =>
        float.IsNaN(value) ? 0x7fffe000u : (XMath.AsUInt32(value) + 0x1000u) & 0xffffe000u;
}
