using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Latents;
using FlowEngine.Models;
using FlowEngine.Tensors;
using FlowEngine.Tests.Models;
using Xunit;

namespace FlowEngine.Tests.Latents;

public sealed class LatentTests : IDisposable
{
    private readonly CpuBackend _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(PathKind.Spherical)]
    [InlineData(PathKind.Linear)]
    public void A_path_has_the_two_data_at_its_ends(PathKind kind)
    {
        float[][] latents = [Normal(1, 3 * 8), Normal(2, 3 * 5)];

        float[][] path = LatentPath.Between(latents, 3, 2, 0, 4, kind);

        Assert.Equal(latents[0][16..24], path[0][..8]);
        Assert.Equal(latents[1][..5], path[1][15..20]);
    }

    [Fact]
    public void An_arc_between_two_of_one_length_keeps_the_length_and_goes_even_steps()
    {
        float[][] latents = [[3, 0, 0, 4, 0, 3, 4, 0]];

        float[] path = LatentPath.Between(latents, 2, 0, 1, 5, PathKind.Spherical)[0];

        float[][] points = [.. path.Chunk(4)];
        Assert.All(points, point => Assert.True(Math.Abs(point.Sum(v => v * v) - 25) <= 1e-4));
        double[] cosines = [.. points.Zip(points[1..], (a, b) => a.Zip(b, (x, y) => x * y).Sum() / 25.0)];
        Assert.All(cosines, cosine => Assert.True(Math.Abs(cosine - Math.Cos(Math.PI / 8)) <= 1e-6));
    }

    [Fact]
    public void A_line_passes_through_the_middle()
    {
        float[] path = LatentPath.Between([[1, 2, 5, -2]], 2, 0, 1, 3, PathKind.Linear)[0];

        Assert.Equal([1, 2, 3, 0, 5, -2], path);
    }

    [Fact]
    public void Both_directions_find_the_dimension_that_tells_the_data_apart_and_reach_from_mean_to_mean()
    {
        (float[][] with, float[][] without) = Apart(dims: 6, count: 200, at: 4, by: 3);

        LatentDirection mean = LatentDirection.MeanDifference(with, 200, without, 200);
        LatentDirection normal = LatentDirection.ClassifierNormal(with, 200, without, 200);

        foreach (LatentDirection direction in new[] { mean, normal })
        {
            float[] flat = [.. direction.Levels.SelectMany(level => level)];
            Assert.True(Math.Abs(flat[4] - 3) <= 0.4, $"{flat[4]}");
            Assert.True(flat.Where((_, i) => i != 4).All(value => Math.Abs(value) <= 0.4));
            Assert.True(direction.Separated >= 0.9);
        }
    }

    [Fact]
    public void The_classifiers_normal_leaves_out_what_only_goes_along()
    {
        // Dimension 0 is the attribute; dimension 1 follows it with noise of its own and tells nothing more.
        float[] attribute = Normal(5, 4000);
        float[] noise = Normal(6, 4000);
        List<float> with = [];
        List<float> without = [];
        for (int i = 0; i < attribute.Length; i++)
        {
            (attribute[i] > 0 ? with : without).AddRange([attribute[i], attribute[i] + noise[i]]);
        }

        float[] mean = LatentDirection.MeanDifference(
            [[.. with]], with.Count / 2, [[.. without]], without.Count / 2).Levels[0];
        float[] normal = LatentDirection.ClassifierNormal(
            [[.. with]], with.Count / 2, [[.. without]], without.Count / 2).Levels[0];

        Assert.True(mean[1] / mean[0] >= 0.9);
        Assert.True(normal[1] / normal[0] <= 0.3, $"{normal[1]} of {normal[0]}");
    }

    [Fact]
    public void A_strength_moves_by_so_much_and_back()
    {
        (float[][] with, float[][] without) = Apart(dims: 6, count: 50, at: 1, by: 2);
        LatentDirection direction = LatentDirection.MeanDifference(with, 50, without, 50);

        float[][] moved = direction.Apply(without, 50, 0.5);
        float[][] back = direction.Apply(moved, 50, -0.5);

        Assert.Equal(without[0][0] + (0.5f * direction.Levels[0][0]), moved[0][0], 1e-5f);
        Assert.All(back[0].Zip(without[0]), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5));
    }

    [Fact]
    public void Matched_statistics_are_those_of_the_style_and_other_levels_stay()
    {
        ImageShape[] shapes = [new(2, 4, 4, 3), new(2, 2, 2, 6)];
        float[][] content = [.. shapes.Select((shape, l) => Normal((uint)l, (int)shape.Length))];
        float[][] style = [.. shapes.Select((shape, l) => Normal(10 + (uint)l, (int)shape.Length))];

        float[][] changed = StyleTransfer.MatchStatistics(content, style, shapes, [0], 1);
        float[][] half = StyleTransfer.MatchStatistics(content, style, shapes, [0], 0.5);

        Assert.Equal(content[1], changed[1]);
        for (int i = 0; i < 2; i++)
        {
            for (int c = 0; c < 3; c++)
            {
                float[] now = Channel(changed[0], i, c);
                float[] wanted = Channel(style[0], i, c);
                Assert.True(Math.Abs(now.Average() - wanted.Average()) <= 1e-5);
                Assert.True(Math.Abs(Deviation(now) - Deviation(wanted)) <= 1e-5);
            }
        }

        Assert.Equal((content[0][7] + changed[0][7]) / 2, half[0][7], 1e-5f);

        static float[] Channel(float[] values, int image, int channel) =>
            [.. values[(image * 48)..((image + 1) * 48)].Where((_, i) => i % 3 == channel)];

        static double Deviation(float[] values) =>
            Math.Sqrt(values.Average(v => (v - values.Average()) * (v - values.Average())));
    }

    [Fact]
    public void Exchanged_levels_are_those_of_the_style()
    {
        float[][] content = [[1, 2], [3, 4]];
        float[][] style = [[5, 6], [7, 8]];

        Assert.Equal([[1, 2], [7, 8]], StyleTransfer.Exchange(content, style, 1, [1], 1));
        Assert.Equal(content, StyleTransfer.Exchange(content, style, 1, [0, 1], 0));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        float[][] latents = [[1, 2, 3, 4]];
        Refused(() => LatentPath.Between(latents, 3, 0, 1, 3, PathKind.Linear), "multiples");
        Refused(() => LatentPath.Between(latents, 2, 0, 2, 3, PathKind.Linear), "datum 2");
        Refused(() => LatentPath.Between(latents, 2, 0, 1, 1, PathKind.Linear), "at least 2");
        Refused(() => StyleTransfer.Exchange(latents, latents, 2, [1], 1), "levels 1");
        Refused(() => StyleTransfer.Exchange(latents, latents, 2, [0], double.NaN), "strength");
        Refused(() => StyleTransfer.Exchange(latents, [[1, 2]], 2, [0], 1), "dimensions");
        Refused(() => StyleTransfer.MatchStatistics(latents, latents, [], [0], 1), "lengths 4");
        Refused(
            () => StyleTransfer.MatchStatistics(latents, latents, [new ImageShape(2, 1, 1, 4)], [0], 1), "expected 8");

        static void Refused(Action action, string says) =>
            Assert.Contains(says, Assert.Throws<FlowException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_latents_give_the_data_back()
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options());
        float[] images = Scaled(model, 3);

        float[] back = model.Destandardize(model.Standardize(images, out _));

        Assert.All(back.Zip(images), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5));
    }

    [Fact]
    public void The_logistic_latents_of_nice_give_the_data_back()
    {
        NiceOptions options = new() { Height = 1, Width = 1, Channels = 6, Blocks = 4, Hidden = 8, HiddenLayers = 1 };
        using Model model = TinyGlow.Perturbed(_backend, options);
        float[] rows = Normal(3, 5 * 6);

        float[] back = model.Destandardize(model.Standardize(rows, out _));

        Assert.All(back.Zip(rows), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-5));
    }

    [Fact]
    public void A_temperature_of_each_level_scales_that_levels_noise()
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyGlow.Options());

        Assert.Equal(model.Sample(4, 0.7, 5), model.Sample(4, [0.7, 0.7], 5));

        float[] fine = model.Sample(4, [0, 1.0], 5);
        float[][] latents = model.Standardize(fine, out _);
        float[][] whole = model.Standardize(model.Sample(4, 1, 5), out _);
        Assert.All(latents[0], value => Assert.True(Math.Abs(value) <= 1e-4));
        Assert.All(latents[1].Zip(whole[1]), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4));
        Assert.Contains(
            "2 levels",
            Assert.Throws<FlowException>(() => model.Sample(1, [1, 1, 1], 0)).Message,
            StringComparison.Ordinal);
    }

    private static float[] Scaled(Model model, int count) =>
        Array.ConvertAll(Normal(7, count * model.Flow.Dims), value => Math.Clamp(value / 6, -0.5f, 0.49f));

    private static float[] Normal(uint stream, int count) =>
        Array.ConvertAll(new HostRandom(3, RandomPurpose.Weights, stream).Normal(count), value => (float)value);

    /// <summary>Two levels of half the dimensions each, standard but for one mean.</summary>
    private static (float[][] With, float[][] Without) Apart(int dims, int count, int at, float by)
    {
        int half = dims / 2;
        float[][] with = [Normal(1, count * half), Normal(2, count * half)];
        float[][] without = [Normal(3, count * half), Normal(4, count * half)];
        for (int i = 0; i < count; i++)
        {
            with[at / half][(i * half) + (at % half)] += by;
        }

        return (with, without);
    }
}
