using FlowEngine.Compression;
using Xunit;

namespace FlowEngine.Tests.Compression;

public class LocalCodeTests
{
    [Theory]
    [InlineData(1.0)]
    [InlineData(0.3)]
    [InlineData(7.7)]
    [InlineData(1e-4)]
    [InlineData(30_000.0)]
    [InlineData(1e-9)]
    [InlineData(1e9)]
    public void A_scale_comes_back_and_takes_the_logarithm_of_its_inverse(double factor)
    {
        const int Count = 4096;
        Random random = new(7);
        double[] cells = [.. Enumerable.Range(0, Count).Select(_ => (double)random.Next(-30_000, 30_000))];
        double[] plane = [.. cells];
        GridScale scale = GridScale.From(factor);
        GridScale[] scales = [.. Enumerable.Repeat(scale, Count)];
        RansStack stack = new([.. Enumerable.Range(0, 9000).Select(RansStack.BorrowedWord)]);
        double before = stack.NetBits;
        LocalCode.Scale(stack, plane, scales);
        double net = (stack.NetBits - before) / Count;
        double fraction = scale.Numerator / Math.Pow(2, scale.Shift);
        Assert.True(Math.Abs(net + Math.Log2(fraction)) <= 1e-3, $"{net} bits, expected {-Math.Log2(fraction)}");
        Assert.True(Math.Abs(fraction - Math.Clamp(factor, 1.0 / 65536, 65535)) <= fraction / (1 << 16));
        for (int p = 0; p < Count; p++)
        {
            // The image of [x, x + 1) meets [y, y + 1).
            Assert.True(plane[p] + 1 >= cells[p] * fraction && plane[p] <= (cells[p] + 1) * fraction);
        }

        RansStack back = RansStack.Restore(stack.States, stack.Words);
        LocalCode.Unscale(back, plane, scales);
        Assert.Equal(cells, plane);
        Assert.True(back.IsAtStart);
    }

    [Fact]
    public void Values_out_of_range_are_refused()
    {
        GridScale[] scales = [GridScale.One, GridScale.One];
        foreach (double bad in new[] { double.NaN, double.PositiveInfinity, 1L << 31, -(1L << 31) })
        {
            Assert.Throws<CodingException>(() => LocalCode.Scale(new RansStack([]), [0, bad], scales));
        }

        Assert.Throws<CodingException>(() => GridScale.From(double.NaN));
    }

    [Fact]
    public void A_normal_number_takes_its_entropy()
    {
        const int Count = 20_000;
        Random random = new(3);
        double[] cells = new double[Count];
        double expected = 0;
        for (int i = 0; i < Count; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            double z = radius * Math.Cos(2 * Math.PI * random.NextDouble());
            cells[i] = Math.Floor(z * LocalCode.CellsPerUnit);
            expected += (0.5 * ((z * z) + Math.Log(2 * Math.PI)) / Math.Log(2)) + LocalCode.GridBits;
        }

        // Far outside, next to the ends of the table, and the ends of the range.
        const double End = 8 * LocalCode.CellsPerUnit;
        double[] rare = [-End - 1, -End, End - 1, End, -2_147_483_647, 2_147_483_647];
        RansStack stack = new([]);
        NormalCode.Encode(stack, rare);
        double before = stack.NetBits;
        NormalCode.Encode(stack, cells);
        double excess = (stack.NetBits - before - expected) / Count;
        Assert.True(Math.Abs(excess) <= 1e-3, $"{excess} bits a number too many or too few");
        double[] read = new double[Count];
        NormalCode.Decode(stack, read);
        Assert.Equal(cells, read);
        double[] readRare = new double[rare.Length];
        NormalCode.Decode(stack, readRare);
        Assert.Equal(rare, readRare);
        Assert.True(stack.IsAtStart);
    }
}
