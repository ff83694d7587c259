using FlowEngine.Data;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FlowEngine.Tests.Data;

public sealed class ImageDatasetTests
{
    [Fact]
    public void Images_and_labels_are_found_by_index()
    {
        byte[][] images = SampleFiles.Images(3, 2 * 3 * 3);
        ImageDataset dataset = new("set", 2, 3, 3, 256, images, [7, 8, 9]);

        Assert.Equal((3, 2, 3, 3, 256), (dataset.Count, dataset.Height, dataset.Width, dataset.Channels, dataset.Bins));
        Assert.Equal(images[2], dataset[2]);
        Assert.Equal([7, 8, 9], dataset.Labels!);
    }

    [Fact]
    public void Quantize_is_floor_of_v_times_bins_over_old_bins()
    {
        Gen<(int Bins, int NewBins)> sizes =
            from bins in Gen.Choose(2, 256)
            from newBins in Gen.Choose(2, bins)
            select (bins, newBins);
        Prop.ForAll(sizes.ToArbitrary(), size =>
        {
            byte[] levels = [.. Enumerable.Range(0, size.Bins).Select(v => (byte)v)];
            ImageDataset quantized = new ImageDataset("set", 1, size.Bins, 1, size.Bins, [levels])
                .Quantize(size.NewBins);
            Assert.Equal(size.NewBins, quantized.Bins);
            byte[] expected = Array.ConvertAll(levels, v => (byte)Math.Floor((decimal)v * size.NewBins / size.Bins));
            Assert.Equal(expected, quantized[0]);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Pad_keeps_the_image_and_adds_only_zeros()
    {
        Gen<(int H, int W, int C, int Top, int Left)> shapes =
            from h in Gen.Choose(1, 5)
            from w in Gen.Choose(1, 5)
            from c in Gen.Choose(1, 4)
            from extraH in Gen.Choose(0, 5)
            from extraW in Gen.Choose(0, 5)
            select (h, w, c, extraH, extraW);
        Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            (int h, int w, int c, int extraH, int extraW) = shape;
            byte[] image = [.. Enumerable.Range(1, h * w * c).Select(v => (byte)v)];
            ImageDataset padded = new ImageDataset("set", h, w, c, 256, [image], [4]).Pad(h + extraH, w + extraW);
            Assert.Equal([4], padded.Labels!);
            for (int y = 0; y < padded.Height; y++)
            {
                for (int x = 0; x < padded.Width; x++)
                {
                    (int fromY, int fromX) = (y - extraH / 2, x - extraW / 2);
                    bool isInside = fromY >= 0 && fromY < h && fromX >= 0 && fromX < w;
                    for (int channel = 0; channel < c; channel++)
                    {
                        int expected = isInside ? image[(fromY * w + fromX) * c + channel] : 0;
                        Assert.Equal(expected, padded[0][(y * padded.Width + x) * c + channel]);
                    }
                }
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Take_and_Select_keep_images_with_their_labels()
    {
        byte[][] images = SampleFiles.Images(5, 4);
        ImageDataset dataset = new("set", 2, 2, 1, 256, images, [0, 10, 20, 30, 40]);

        Assert.Equal([0, 10], dataset.Take(2).Labels!);
        Assert.Equal(0, dataset.Take(0).Count);
        ImageDataset selected = dataset.Select([4, 1, 4]);
        Assert.Equal([40, 10, 40], selected.Labels!);
        Assert.Equal(images[1], selected[1]);
    }

    [Fact]
    public void Bad_arguments_are_named()
    {
        ImageDataset dataset = new("set", 2, 2, 1, 17, [[0, 1, 2, 16]], [3]);
        Action[] calls =
        [
            () => _ = new ImageDataset(null!, 1, 1, 1, 2, []),
            () => _ = new ImageDataset("set", 0, 1, 1, 2, []),
            () => _ = new ImageDataset("set", 1, -1, 1, 2, []),
            () => _ = new ImageDataset("set", int.MaxValue, int.MaxValue, int.MaxValue, 2, []),
            () => _ = new ImageDataset("set", 1, 1, 1, 1, []),
            () => _ = new ImageDataset("set", 1, 1, 1, 257, []),
            () => _ = new ImageDataset("set", 1, 1, 1, 2, null!),
            () => _ = new ImageDataset("set", 1, 1, 1, 2, [null!]),
            () => _ = new ImageDataset("set", 1, 2, 1, 2, [[0]]),
            () => _ = new ImageDataset("set", 1, 1, 1, 2, [[2]]),
            () => _ = new ImageDataset("set", 1, 1, 1, 2, [[1]], [0, 1]),
            () => _ = dataset[1].Length,
            () => _ = dataset[-1].Length,
            () => dataset.Quantize(1),
            () => dataset.Quantize(18),
            () => dataset.Pad(1, 2),
            () => dataset.Pad(2, 1),
            () => dataset.Pad(2, int.MaxValue),
            () => dataset.Take(-1),
            () => dataset.Select([0, 1]),
            () => dataset.Select([-1]),
        ];
        Assert.All(calls, call => DataAssert.Fails(FlowErrorKind.InvalidArgument, call, "expected"));
    }
}
