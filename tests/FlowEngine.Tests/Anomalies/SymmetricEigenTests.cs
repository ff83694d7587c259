using FlowEngine.Anomalies;
using FlowEngine.Tensors;
using Xunit;

namespace FlowEngine.Tests.Anomalies;

public sealed class SymmetricEigenTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(64)]
    public void Vectors_are_orthonormal_and_give_the_matrix_back(int length)
    {
        double[] numbers = new HostRandom((ulong)length, RandomPurpose.Sample, 0).Normal(length * length);
        double[] matrix = new double[length * length];
        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < length; j++)
            {
                matrix[(i * length) + j] = numbers[(i * length) + j] + numbers[(j * length) + i];
            }
        }

        double[] vectors = [.. matrix];
        double[] values = SymmetricEigen.Decompose(vectors, length);
        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < length; j++)
            {
                double product = 0;
                double restored = 0;
                for (int r = 0; r < length; r++)
                {
                    product += vectors[(i * length) + r] * vectors[(j * length) + r];
                    restored += values[r] * vectors[(r * length) + i] * vectors[(r * length) + j];
                }

                Assert.Equal(i == j ? 1 : 0, product, 1e-12 * length);
                Assert.Equal(matrix[(i * length) + j], restored, 1e-12 * length);
            }
        }
    }

    [Fact]
    public void A_matrix_of_zeros_and_one_of_few_ranks_decompose()
    {
        Assert.All(SymmetricEigen.Decompose(new double[25], 5), value => Assert.Equal(0, value));
        double[] ones = new double[36];
        Array.Fill(ones, 1.0);
        double[] values = SymmetricEigen.Decompose(ones, 6);
        Array.Sort(values);
        Assert.Equal(6, values[5], 1e-12);
        Assert.All(values[..5], value => Assert.Equal(0, value, 1e-12));
    }
}
