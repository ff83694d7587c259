using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance.Cases;

/// <summary>Cases of <see cref="Elementwise"/>.</summary>
internal static class ElementwiseCases
{
    private static readonly float[] _edges =
    [
        0.0f, -0.0f, 1.0f, -1.0f, 1e-45f, 1.1754942e-38f, 3.4028235e38f, -3.4028235e38f, 88.7f, 89.5f, -87.3f, -103.9f,
        -110.0f, 0.5f, 2.0f, 16777217.0f, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("Elementwise.MultiplyAdd", "accesses of four elements, a tail", 0, MultiplyAdd),
        new("Elementwise.Functions", "exp, log, sigmoid, log-sigmoid, division, bf16", 0, Functions),
    ];

    private static CaseOutcome MultiplyAdd(GpuDevice device, Random random)
    {
        int length = random.Next(1, 5000);
        float[] x = Draw.Normals(random, length);
        float[] scale = Draw.Normals(random, length);
        float[] shift = Draw.Normals(random, length);
        using CaseRun run = new(device);
        GpuView<float> y = run.Allocate<float>(length);
        Elementwise.MultiplyAdd(
            run.Stream,
            LaunchGrid.Cover((length + 3) / 4, Elementwise.MultiplyAddKernel.BlockSize),
            run.Upload(x),
            run.Upload(scale),
            run.Upload(shift),
            y,
            length);
        double[] expected = new double[length];
        for (int i = 0; i < length; i++)
        {
            expected[i] = MathF.FusedMultiplyAdd(x[i], scale[i], shift[i]);
        }

        return new($"length {length}", expected, Draw.Doubles(run.Download(y)));
    }

    private static CaseOutcome Functions(GpuDevice device, Random random)
    {
        int length = random.Next(_edges.Length, 3000);
        float[] x = Draw.Normals(random, length, 30);
        _edges.CopyTo(x, 0);
        using CaseRun run = new(device);
        GpuView<float> y = run.Allocate<float>((long)length * Elementwise.FunctionCount);
        Elementwise.Functions(
            run.Stream, LaunchGrid.Cover(length, Elementwise.FunctionsKernel.BlockSize), run.Upload(x), y, length);
        double[] expected = new double[length * Elementwise.FunctionCount];
        for (int i = 0; i < length; i++)
        {
            expected[i] = XMath.Exp(x[i]);
            expected[length + i] = XMath.Log(x[i]);
            expected[(2 * length) + i] = XMath.Sigmoid(x[i]);
            expected[(3 * length) + i] = XMath.LogSigmoid(x[i]);
            expected[(4 * length) + i] = MathF.Sqrt(x[i]) / (1.0f + MathF.Abs(x[i]));
            expected[(5 * length) + i] = BFloat16.FromSingle(x[i]).ToSingle() + MathF.Floor(x[i]);
        }

        return new($"length {length}", expected, Draw.Doubles(run.Download(y)));
    }
}
