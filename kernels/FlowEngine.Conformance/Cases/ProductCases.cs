using FlowEngine.Conformance.Kernels;
using FlowEngine.Kernels.Device;
using FlowEngine.Kernels.Gpu;

namespace FlowEngine.Conformance.Cases;

/// <summary>Cases of the matrix products.</summary>
/// <remarks>
/// Whole numbers of up to 8 bits are exact in bf16 and TF32, and their sums here in float32: any wrong place of an
/// element shows at once, and the tensor cores must give every bit. Real numbers are compared within the rounding of
/// sums of float32.
/// </remarks>
internal static class ProductCases
{
    private const int WholeLimit = 100;

    public static IReadOnlyList<KernelCase> All { get; } =
    [
        new("MatrixProduct.Multiply", "tiles in shared memory, registers, unrolling", 1e-4, Float32),
        new("BFloat16Product.Multiply, whole numbers", "mma bf16, ldmatrix, copies in stages: every element in place", 0,
            (device, random) => BFloat16(device, random, true)),
        new("BFloat16Product.Multiply", "mma bf16 with real numbers", 1e-4,
            (device, random) => BFloat16(device, random, false)),
        new("TensorFloat32Product.Multiply, whole numbers", "mma tf32: every element in place", 0,
            (device, random) => TensorFloat32(device, random, true)),
        new("TensorFloat32Product.Multiply", "mma tf32 with real numbers", 1e-4,
            (device, random) => TensorFloat32(device, random, false)),
    ];

    private static CaseOutcome Float32(GpuDevice device, Random random)
    {
        (int m, int n, int k) = (random.Next(1, 150), random.Next(1, 150), random.Next(1, 70));
        float[] a = Draw.Normals(random, m * k);
        float[] b = Draw.Normals(random, k * n);
        using CaseRun run = new(device);
        GpuView<float> c = run.Allocate<float>((long)m * n);
        MatrixProduct.Multiply(
            run.Stream, Grid(m, n, MatrixProduct.Tile), run.Upload(a), run.Upload(b), c, m, n, k);
        double[] expected = Product(m, n, k, (i, d) => a[(i * k) + d], (d, j) => b[(d * n) + j]);
        return new($"m {m}, n {n}, k {k}", expected, Draw.Doubles(run.Download(c)));
    }

    private static CaseOutcome BFloat16(GpuDevice device, Random random, bool whole)
    {
        (int m, int n, int k) = (random.Next(1, 200), random.Next(1, 200), 8 * random.Next(1, 25));
        BFloat16[] a = Draw.Rounded(Numbers(random, m * k, whole));
        BFloat16[] b = Draw.Rounded(Numbers(random, n * k, whole));
        using CaseRun run = new(device);
        GpuView<float> c = run.Allocate<float>((long)m * n);
        BFloat16Product.Multiply(
            run.Stream,
            Grid(m, n, BFloat16Product.Tile) with { DynamicSharedBytes = BFloat16Product.SharedBytes },
            run.Upload(a),
            run.Upload(b),
            c,
            m,
            n,
            k);
        double[] expected = Product(
            m, n, k, (i, d) => a[(i * k) + d].ToSingle(), (d, j) => b[(j * k) + d].ToSingle());
        return new($"m {m}, n {n}, k {k}", expected, Draw.Doubles(run.Download(c)));
    }

    private static CaseOutcome TensorFloat32(GpuDevice device, Random random, bool whole)
    {
        (int m, int n, int k) = (random.Next(1, 150), random.Next(1, 150), 4 * random.Next(1, 25));
        float[] a = Numbers(random, m * k, whole);
        float[] b = Numbers(random, n * k, whole);
        using CaseRun run = new(device);
        GpuView<float> c = run.Allocate<float>((long)m * n);
        TensorFloat32Product.Multiply(
            run.Stream, Grid(m, n, TensorFloat32Product.Tile), run.Upload(a), run.Upload(b), c, m, n, k);
        double[] expected = Product(m, n, k, (i, d) => Rounded(a[(i * k) + d]), (d, j) => Rounded(b[(j * k) + d]));
        return new($"m {m}, n {n}, k {k}", expected, Draw.Doubles(run.Download(c)));
    }

    private static float[] Numbers(Random random, int length, bool whole) =>
        whole ? Draw.Integers(random, length, WholeLimit) : Draw.Normals(random, length);

    private static float Rounded(float value) => XMath.AsSingle(TensorCore.ToTensorFloat32(value));

    private static LaunchGrid Grid(int m, int n, int tile) => new((n + tile - 1) / tile, (m + tile - 1) / tile);

    private static double[] Product(int m, int n, int k, Func<int, int, float> a, Func<int, int, float> b)
    {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                for (int d = 0; d < k; d++)
                {
                    c[(i * n) + j] += (double)a(i, d) * b(d, j);
                }
            }
        }

        return c;
    }
}
