using FlowEngine.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

/// <summary>What ActNorm and the 1x1 convolution of a step do to a pixel: y = Matrix·x + Offset.</summary>
internal sealed record DenseMap(double[] Matrix, double[] Offset)
{
    internal static DenseMap OfTheirs(IEnumerable<NamedTensor> tensors, int level, int step)
    {
        var table = tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.ToDoubles());
        string prefix = $"blocks.{level}.flows.{step}";
        double[] scale = table[$"{prefix}.actnorm.scale"];
        if (!table.TryGetValue($"{prefix}.invconv.weight", out double[]? weight))
        {
            double[] Get(string name) => table[$"{prefix}.invconv.{name}"];
            int size = scale.Length;
            double[] lower = Zip(Zip(Get("w_l"), Get("l_mask"), (a, b) => a * b), Get("l_eye"), (a, b) => a + b);
            double[] upper = Zip(Get("w_u"), Get("u_mask"), (a, b) => a * b);
            for (int i = 0; i < size; i++)
            {
                upper[(i * size) + i] += Get("s_sign")[i] * Math.Exp(Get("w_s")[i]);
            }

            weight = Multiply(Get("w_p"), Multiply(lower, upper, size), size);
        }

        return Of(weight, scale, table[$"{prefix}.actnorm.loc"]);
    }

    internal static DenseMap OfOurs(IEnumerable<NamedTensor> tensors, int level, int step)
    {
        var table = tensors.ToDictionary(tensor => tensor.Name);
        string prefix = $"levels.{level}.steps.{step}";
        double[] Get(string name) => table[$"{prefix}.{name}"].ToDoubles();
        double[] scale = Array.ConvertAll(Get("actnorm.log_scale"), Math.Exp);
        double[] lower = Get("invconv.lower");
        double[] upper = Get("invconv.upper");
        int size = scale.Length;
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                Assert.True(i > j || lower[(i * size) + j] == 0);
                Assert.True(i < j || upper[(i * size) + j] == 0);
            }

            lower[(i * size) + i] = 1;
            upper[(i * size) + i] = Get("invconv.sign")[i] * Math.Exp(Get("invconv.log_diagonal")[i]);
        }

        double[] product = Multiply(lower, upper, size);
        double[] weight = new double[product.Length];
        ReadOnlySpan<int> permutation = table[$"{prefix}.invconv.permutation"].AsSpan<int>();
        for (int i = 0; i < size; i++)
        {
            product.AsSpan(permutation[i] * size, size).CopyTo(weight.AsSpan(i * size));
        }

        return Of(weight, scale, Get("actnorm.bias"));
    }

    internal static void AssertClose(DenseMap expected, DenseMap actual, double tolerance)
    {
        AssertClose(expected.Matrix, actual.Matrix, tolerance);
        AssertClose(expected.Offset, actual.Offset, tolerance);
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"{i}: {expected[i]}, {actual[i]}");
        }
    }

    private static DenseMap Of(double[] weight, double[] scale, double[] shift)
    {
        int size = scale.Length;
        double[] matrix = new double[weight.Length];
        double[] offset = new double[size];
        for (int i = 0; i < matrix.Length; i++)
        {
            matrix[i] = weight[i] * scale[i % size];
            offset[i / size] += matrix[i] * shift[i % size];
        }

        return new DenseMap(matrix, offset);
    }

    private static double[] Zip(double[] first, double[] second, Func<double, double, double> combine) =>
        [.. first.Zip(second, combine)];

    private static double[] Multiply(double[] left, double[] right, int size)
    {
        double[] product = new double[size * size];
        for (int i = 0; i < product.Length; i++)
        {
            for (int k = 0; k < size; k++)
            {
                product[i] += left[(i / size * size) + k] * right[(k * size) + (i % size)];
            }
        }

        return product;
    }
}
