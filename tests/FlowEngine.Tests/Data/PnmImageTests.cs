using System.Text;
using FlowEngine.Data;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class PnmImageTests
{
    [Fact]
    public void Decode_inverts_Encode()
    {
        Prop.ForAll(PngImageTests.Images().ToArbitrary(), image =>
        {
            Image again = PnmImage.Decode(PnmImage.Encode(image), "image");
            Assert.Equal((image.Height, image.Width, image.Channels), (again.Height, again.Width, again.Channels));
            Assert.Equal(image.Pixels, again.Pixels);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Comments_and_any_white_space_are_read()
    {
        Image image = PnmImage.Decode(Bytes("P5# a\n#b 9\r\n 2\t#c\n\n3\f255\nabcdef"), "image");
        Assert.Equal((3, 2), (image.Height, image.Width));
        Assert.Equal(Bytes("abcdef"), image.Pixels);
    }

    [Fact]
    public void A_lower_maximum_is_spread_over_0_to_255()
    {
        byte[] file = [.. Bytes("P5 3 1 2\n"), 0, 1, 2];
        Assert.Equal([0, 128, 255], PnmImage.Decode(file, "image").Pixels);
    }

    [Theory]
    [InlineData("", "P5 or P6")]
    [InlineData("P3 1 1 255\n1 2 3", "P5 or P6")]
    [InlineData("just text", "P5 or P6")]
    [InlineData("P5", "malformed")]
    [InlineData("P5 2", "malformed")]
    [InlineData("P5 2 2", "malformed")]
    [InlineData("P5 2 2 255", "malformed")]
    [InlineData("P52 2 255\nabcd", "malformed")]
    [InlineData("P5 -2 2 255\nabcd", "malformed")]
    [InlineData("P5 2x2 255\nabcd", "malformed")]
    [InlineData("P5 99999999999 2 255\nabcd", "malformed")]
    [InlineData("P5 0 2 255\n", "2x0")]
    [InlineData("P5 2 2 65535\nabcdabcd", "65535")]
    [InlineData("P5 2 2 0\nabcd", "maximum 0")]
    [InlineData("P5 999999999 999999999 255\nabcd", "usable size")]
    [InlineData("P5 9999 9999 255\nabcd", "4 bytes")]
    [InlineData("P5 2 2 255\nabc", "3 bytes")]
    [InlineData("P5 2 2 255\nabcde", "5 bytes")]
    [InlineData("P5 2 2 9\nabcd", "sample 97")]
    public void Damage_is_named(string file, string word) =>
        DataAssert.Fails(FlowErrorKind.BadFormat, () => PnmImage.Decode(Bytes(file), "image.ppm"), "image.ppm", word);

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
}
