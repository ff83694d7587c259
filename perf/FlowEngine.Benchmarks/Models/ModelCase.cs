using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Benchmarks;

/// <summary>A whole model and the images it gets at once.</summary>
public sealed class ModelCase
{
    private readonly string _name;

    private ModelCase(string name, GlowOptions glow, int batch)
    {
        _name = name;
        Glow = glow;
        Batch = batch;
    }

    /// <summary>The models of <see cref="ModelShape.All"/>.</summary>
    public static IReadOnlyList<ModelCase> All { get; } =
    [
        new("glow", Sizes(32, 3, levels: 3, steps: 32, hidden: 512), batch: 16),
        new("small", Sizes(28, 1, levels: 2, steps: 8, hidden: 128), batch: 64),
        new("digits", Sizes(8, 1, levels: 2, steps: 8, hidden: 64), batch: 64),
    ];

    internal GlowOptions Glow { get; }

    internal int Batch { get; }

    internal double ForwardFlops => Glow.Build().ForwardFlops;

    /// <summary>True if the reference backend runs an image in a second or so.</summary>
    internal bool IsSmall => ForwardFlops < 1e9;

    /// <inheritdoc/>
    public override string ToString() => $"{_name}, batch {Batch}";

    internal ModelConfig Config =>
        new(Glow, IsInitialized: false, DataSchema.AsIs("noise", Glow));

    /// <summary>Random images, the same every time.</summary>
    internal ImageDataset Images(int count)
    {
        Random random = new(count);
        byte[][] images = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            images[i] = new byte[Glow.Height * Glow.Width * Glow.Channels];
            random.NextBytes(images[i]);
        }

        return new ImageDataset("noise", Glow.Height, Glow.Width, Glow.Channels, Glow.Bins, images);
    }

    private static GlowOptions Sizes(int size, int channels, int levels, int steps, int hidden) => new()
    {
        Height = size,
        Width = size,
        Channels = channels,
        Levels = levels,
        Steps = steps,
        Hidden = hidden,
    };
}
