using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;

namespace FlowEngine.AotSmoke;

/// <summary>A kernel as the kernel compiler would write it, by hand: y = scale x + shift.</summary>
internal static class Affine
{
    private const int BlockSize = 64;

    private static readonly KernelDescriptor _kernel = new()
    {
        Module = new AffineModule(),
        Name = "Affine_Map",
        BlockSize = BlockSize,
        StaticSharedBytes = 0,
        UsesDynamicShared = false,
        Portable = true,
        Parameters =
        [
            new KernelParameter("x", KernelParameterKind.ReadOnlyView, sizeof(float)),
            new KernelParameter("y", KernelParameterKind.View, sizeof(float)),
            new KernelParameter("length", KernelParameterKind.Value, sizeof(int)),
            new KernelParameter("map", KernelParameterKind.Value, 2 * sizeof(float)),
        ],
        Emulate = Emulate,
    };

    /// <summary>Queues the kernel.</summary>
    public static void Launch(GpuStream stream, GpuView<float> x, GpuView<float> y, int length, Map map)
    {
        KernelLaunch launch = new(stream, _kernel, LaunchGrid.Cover(length, BlockSize));
        launch.Add(x);
        launch.Add(y);
        launch.Add(length);
        launch.Add(map);
        launch.Submit();
    }

    private static IEnumerator<SyncRequest> Emulate(EmulatedArguments arguments)
    {
        GlobalView<float> y = arguments.View<float>(1);
        Map map = arguments.Value<Map>(3);
        int i = (int)Grid.GlobalIndexX;
        if (i < arguments.Value<int>(2))
        {
            y[i] = (arguments.ReadOnlyView<float>(0)[i] * map.Scale) + map.Shift;
        }

        yield break;
    }

    /// <summary>The kernel's numbers.</summary>
    /// <param name="Scale">What x is multiplied by.</param>
    /// <param name="Shift">What is added then.</param>
    internal readonly record struct Map(float Scale, float Shift);

    private sealed class AffineModule : KernelModule
    {
        public override string Name => "Affine";

        public override ReadOnlySpan<byte> Source => """
            typedef struct { float scale; float shift; } Affine_Map_Numbers;
            KERNEL(64) void Affine_Map(GIN(float) x, GOUT(float) y, int length, Affine_Map_Numbers map)
            {
                int i = (int)GRID_GLOBAL_INDEX_X;
                if (i < length) {
                    y[i] = x[i] * map.scale + map.shift;
                }
            }

            """u8;

        public override string CudaHash => string.Empty;
    }
}
