using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;
using FlowEngine.Kernels.Gpu.Emulator;

namespace FlowEngine.Tests.Gpu;

/// <summary>
/// Kernels written by hand in all their forms, so that the runners are tested without the kernel compiler: C text
/// (RunnerKernels.c), PTX made from it (build-ptx.sh), the emulator's form (here), and fake_cuda.c's.
/// </summary>
internal static class RunnerKernels
{
    internal const int AddBlock = 64;
    internal const int ReverseBlock = 64;

    private static readonly TextModule _module = new(
        "RunnerKernels", TestResource.Read("RunnerKernels.c"), Hash(TestResource.Read("RunnerKernels.c")));

    internal static KernelDescriptor AddKernel { get; } = Describe(
        "RunnerKernels_Add",
        AddBlock,
        EmulateAdd,
        new("x", KernelParameterKind.ReadOnlyView, 4),
        new("y", KernelParameterKind.ReadOnlyView, 4),
        new("sum", KernelParameterKind.View, 4),
        new("length", KernelParameterKind.Value, 4));

    internal static KernelDescriptor ReportKernel { get; } = Describe(
        "RunnerKernels_Report",
        32,
        EmulateReport,
        new("values", KernelParameterKind.View, 8),
        new("a", KernelParameterKind.Value, 4),
        new("b", KernelParameterKind.Value, 8),
        new("c", KernelParameterKind.Value, 8),
        new("d", KernelParameterKind.Value, 8),
        new("e", KernelParameterKind.Value, 4));

    internal static KernelDescriptor ReverseKernel { get; } = Describe(
        "RunnerKernels_Reverse", ReverseBlock, EmulateReverse, new KernelParameter("data", KernelParameterKind.View, 4));

    internal static KernelDescriptor MarkGroupsKernel { get; } = Describe(
        "RunnerKernels_MarkGroups", 32, EmulateMarkGroups, new KernelParameter("marks", KernelParameterKind.View, 4));

    internal static void Add(
        GpuStream stream, GpuView<float> x, GpuView<float> y, GpuView<float> sum, int length)
    {
        KernelLaunch launch = new(stream, AddKernel, LaunchGrid.Cover(length, AddBlock));
        launch.Add(x);
        launch.Add(y);
        launch.Add(sum);
        launch.Add(length);
        launch.Submit();
    }

    internal static void Report(
        GpuStream stream, GpuView<double> values, int a, double b, Pair c, long d, uint e)
    {
        KernelLaunch launch = new(stream, ReportKernel, new LaunchGrid(1));
        launch.Add(values);
        launch.Add(a);
        launch.Add(b);
        launch.Add(c);
        launch.Add(d);
        launch.Add(e);
        launch.Submit();
    }

    internal static void Reverse(GpuStream stream, GpuView<int> data, int sharedBytes)
    {
        KernelLaunch launch = new(
            stream, ReverseKernel, new LaunchGrid((int)(data.Length / ReverseBlock), DynamicSharedBytes: sharedBytes));
        launch.Add(data);
        launch.Submit();
    }

    internal static void MarkGroups(GpuStream stream, LaunchGrid grid, GpuView<int> marks)
    {
        KernelLaunch launch = new(stream, MarkGroupsKernel, grid);
        launch.Add(marks);
        launch.Submit();
    }

    /// <summary>A kernel that is not in the text, or whose text is another.</summary>
    internal static KernelDescriptor Describe(string name, KernelModule module, bool portable = true) => new()
    {
        Module = module,
        Name = name,
        BlockSize = 32,
        StaticSharedBytes = 0,
        UsesDynamicShared = false,
        Portable = portable,
        Parameters = [],
        Emulate = _ => throw new InvalidOperationException("not for the emulator"),
    };

    internal static TextModule Module() => _module;

    private static KernelDescriptor Describe(
        string name,
        int blockSize,
        Func<EmulatedArguments, IEnumerator<SyncRequest>> emulate,
        params KernelParameter[] parameters) => new()
        {
            Module = _module,
            Name = name,
            BlockSize = blockSize,
            StaticSharedBytes = 0,
            UsesDynamicShared = name == "RunnerKernels_Reverse",
            Portable = true,
            Parameters = parameters,
            Emulate = emulate,
        };

    private static string Hash(byte[] text) => Convert.ToHexStringLower(SHA256.HashData(text));

    private static IEnumerator<SyncRequest> EmulateAdd(EmulatedArguments arguments)
    {
        GlobalView<float> sum = arguments.View<float>(2);
        int i = (int)Grid.GlobalIndexX;
        if (i < arguments.Value<int>(3))
        {
            sum[i] = arguments.ReadOnlyView<float>(0)[i] + arguments.ReadOnlyView<float>(1)[i];
        }

        yield break;
    }

    private static IEnumerator<SyncRequest> EmulateReport(EmulatedArguments arguments)
    {
        GlobalView<double> values = arguments.View<double>(0);
        Pair pair = arguments.Value<Pair>(3);
        if (Group.IdxX == 0)
        {
            values[0] = arguments.Value<int>(1);
            values[1] = arguments.Value<double>(2);
            values[2] = pair.Count;
            values[3] = pair.Factor;
            values[4] = arguments.Value<long>(4);
            values[5] = arguments.Value<uint>(5);
        }

        yield break;
    }

    private static IEnumerator<SyncRequest> EmulateReverse(EmulatedArguments arguments)
    {
        GlobalView<int> data = arguments.View<int>(0);
        SharedView<int> tile = SharedMemory.GetDynamic<int>();
        int first = Grid.IdxX * ReverseBlock;
        tile[Group.IdxX] = data[first + Group.IdxX];
        yield return EmulatedGroup.Barrier();
        data[first + Group.IdxX] = tile[ReverseBlock - 1 - Group.IdxX];
    }

    private static IEnumerator<SyncRequest> EmulateMarkGroups(EmulatedArguments arguments)
    {
        GlobalView<int> marks = arguments.View<int>(0);
        int group = (((Grid.IdxZ * Grid.DimY) + Grid.IdxY) * Grid.DimX) + Grid.IdxX;
        if (Group.IdxX == 0)
        {
            marks[group] = group + 1;
        }

        yield break;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct Pair(int Count, float Factor);
}
