using System.Runtime.Intrinsics;
using FlowEngine.Compression;
using Xunit;

namespace FlowEngine.Tests.Compression;

public class PortableMathTests
{
    [Fact]
    public void Exp_is_within_units_in_the_last_place()
    {
        for (double x = -699.9; x < 700; x += 0.0737)
        {
            double error = Math.Abs((PortableMath.Exp(x) / Math.Exp(x)) - 1);
            Assert.True(error <= 1e-15, $"e^{x} is off by {error}");
        }

        Assert.Equal(1.0, PortableMath.Exp(0));
        Assert.True(double.IsNaN(PortableMath.Exp(double.NaN)));
        Assert.Equal(PortableMath.Exp(700), PortableMath.Exp(double.PositiveInfinity));
        Assert.Equal(PortableMath.Exp(-700), PortableMath.Exp(double.NegativeInfinity));
    }

    [Fact]
    public void Log_is_within_units_in_the_last_place()
    {
        for (double x = 1e-9; x < 1e9; x *= 1.00737)
        {
            double error = Math.Abs(PortableMath.Log(x) - Math.Log(x)) / Math.Max(1, Math.Abs(Math.Log(x)));
            Assert.True(error <= 1e-15, $"ln {x} is off by {error}");
        }
    }

    [Fact]
    public void Sigmoid_and_the_normal_distribution_are_known_at_some_places()
    {
        Assert.True(Math.Abs(PortableMath.Sigmoid(Vector512.Create(2.0)).ToScalar() - 0.88079707797788243) <= 3e-16);
        (double X, double Expected)[] known =
        [
            (0, 0.5), (1, 0.84134474606854293), (-1, 0.15865525393145707), (2, 0.97724986805182079),
            (-3, 0.0013498980316300945), (8, 1),
        ];
        Assert.All(known, pair => Assert.True(
            Math.Abs(PortableMath.NormalDistribution(pair.X) - pair.Expected) <= 1e-15));
    }

    [Fact]
    public void Rounding_goes_to_the_nearest_even()
    {
        Assert.Equal([-2.0, -2, 0, 0, 2, 2, 3], new[] { -2.4, -1.5, -0.5, 0.5, 1.5, 2.5, 3.1 }.Select(PortableMath.Round));
    }
}
