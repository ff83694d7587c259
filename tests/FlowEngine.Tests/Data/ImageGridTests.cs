using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class ImageGridTests
{
    [Fact]
    public void Small_images_are_enlarged_and_levels_spread()
    {
        byte[][] images = SampleFiles.Images(5, 64, bins: 17);
        Image grid = ImageGrid.Compose(images, 8, 8, 1, columns: 3, bins: 17);

        Assert.Equal((2 + 2 * 34, 2 + 3 * 34, 1), (grid.Height, grid.Width, grid.Channels));
        for (int y = 0; y < grid.Height; y++)
        {
            for (int x = 0; x < grid.Width; x++)
            {
                int index = y / 34 * 3 + x / 34;
                bool isGap = y % 34 < 2 || x % 34 < 2 || index >= images.Length;
                int level = isGap ? 16 : images[index][(y % 34 - 2) / 4 * 8 + (x % 34 - 2) / 4];
                int expected = (int)Math.Round(level * 255 / 16.0, MidpointRounding.AwayFromZero);
                Assert.Equal(expected, grid.Pixels[y * grid.Width + x]);
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    public void Alpha_is_dropped(int channels, int shown)
    {
        byte[] image = SampleFiles.Images(1, 40 * 40 * channels)[0];
        Image grid = ImageGrid.Compose([image], 40, 40, channels, columns: 8, bins: 256);
        Assert.Equal((44, 44, shown), (grid.Height, grid.Width, grid.Channels));
        Assert.Equal(image.AsSpan(0, shown), grid.Pixels.AsSpan((2 * 44 + 2) * shown, shown));
    }

    [Fact]
    public void Bad_arguments_are_named()
    {
        Action[] calls =
        [
            () => ImageGrid.Compose([], 1, 1, 1, 1, 256),
            () => ImageGrid.Compose(null!, 1, 1, 1, 1, 256),
            () => ImageGrid.Compose(null!, 1),
            () => ImageGrid.Compose([[0]], 1, 1, 1, 0, 256),
            () => ImageGrid.Compose([[0, 0, 0, 0, 0]], 1, 1, 5, 1, 256),
            () => ImageGrid.Compose([[0, 0]], 1, 1, 1, 1, 256),
            () => ImageGrid.Compose([[16]], 1, 1, 1, 1, 16),
            () => ImageGrid.Compose([new byte[200_000]], 1, 200_000, 1, 1, 256),
        ];
        Assert.All(calls, call => DataAssert.Fails(FlowErrorKind.InvalidArgument, call, "expected"));
    }
}
