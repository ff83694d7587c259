using FlowEngine.Kernels;

namespace FlowEngine.Benchmarks;

/// <summary>The shape of one level of a model: what the operations of its steps see.</summary>
/// <param name="Name">The model and the level.</param>
/// <param name="Image">(B, H, W, C) of the level's steps.</param>
/// <param name="Hidden">Hidden channels of the coupling networks, N.</param>
/// <param name="IsLast">True for the last level: all channels are latent, under one prior for every image.</param>
internal sealed record ModelShape(string Name, ImageShape Image, int Hidden, bool IsLast)
{
    /// <summary>
    /// The levels of three models: the reference Glow (32x32x3, L=3, hidden 512), a small one for 28x28x1 (L=2, hidden
    /// 128), and the first level of one for 8x8x1 (hidden 64).
    /// </summary>
    public static IReadOnlyList<ModelShape> All { get; } =
    [
        new("glow level 1", new ImageShape(16, 16, 16, 12), 512, IsLast: false),
        new("glow level 2", new ImageShape(16, 8, 8, 24), 512, IsLast: false),
        new("glow level 3", new ImageShape(16, 4, 4, 48), 512, IsLast: true),
        new("small level 1", new ImageShape(64, 14, 14, 4), 128, IsLast: false),
        new("small level 2", new ImageShape(64, 7, 7, 8), 128, IsLast: true),
        new("digits level 1", new ImageShape(64, 4, 4, 4), 64, IsLast: false),
    ];

    /// <summary>The affine coupling's network.</summary>
    public PixelNetworkShape Network =>
        new(Image.Channels / 2, Hidden, Image.Channels, InnerActNorm: true, OutsideReadsOne: false);

    /// <summary>The shape of the level's latent.</summary>
    public ImageShape Latent => Image.WithChannels(IsLast ? Image.Channels : Image.Channels / 2);

    /// <summary>Images whose prior differs: the batch, or 1 where one prior holds for all.</summary>
    public int PriorBatch => IsLast ? 1 : Image.Batch;

    /// <summary>The same for one image.</summary>
    public ModelShape OfOneImage => this with { Image = Image with { Batch = 1 } };
}
