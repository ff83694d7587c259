namespace FlowEngine.Kernels.Device;

/// <summary>Neighboring elements, one by one: what ILGPU makes of it is its own affair.</summary>
internal static class VectorAccess
{
    public static Float4 Load4(this ReadOnlyGlobalView<float> view, long index) =>
        new(view[index], view[index + 1], view[index + 2], view[index + 3]);

    public static Float4 Load4(this SharedView<float> view, long index) =>
        new(view[index], view[index + 1], view[index + 2], view[index + 3]);

    public static void Store4(this GlobalView<float> view, long index, Float4 value)
    {
        view[index] = value.X;
        view[index + 1] = value.Y;
        view[index + 2] = value.Z;
        view[index + 3] = value.W;
    }

    public static Float2 Load2(this ReadOnlyGlobalView<float> view, long index) => new(view[index], view[index + 1]);

    public static void Store2(this SharedView<float> view, long index, Float2 value)
    {
        view[index] = value.X;
        view[index + 1] = value.Y;
    }
}
