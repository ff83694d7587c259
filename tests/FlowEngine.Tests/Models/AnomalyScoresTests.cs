using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Likelihood;
using FlowEngine.Models;

using Xunit;

namespace FlowEngine.Tests.Models;

public sealed class AnomalyScoresTests
{
    [Fact]
    public void Standardized_latents_are_the_noise_that_samples_are_drawn_with()
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());

        float[][] full = model.Standardize(model.Sample(5, 1, seed: 3), out double[] logProb);
        float[][] half = model.Standardize(model.Sample(5, 0.5, seed: 3), out _);
        float[][] none = model.Standardize(model.Sample(5, 0, seed: 3), out _);

        Assert.Equal(model.LogProb(model.Sample(5, 1, seed: 3)), logProb);
        for (int l = 0; l < full.Length; l++)
        {
            Assert.True(full[l].Zip(half[l]).All(z => Math.Abs(z.First - 2 * z.Second) <= 1e-3));
            Assert.True(none[l].All(z => Math.Abs(z) <= 1e-3));
            Assert.True(full[l].Average(z => z * z) is > 0.5f and < 1.7f);
        }
    }

    [Fact]
    public void Scores_are_what_their_formulae_say_at_any_batch_size()
    {
        using CpuBackend backend = new(1);
        using Model model = TinyGlow.Perturbed(backend, TinyGlow.Options());
        ImageDataset digits = TinyGlow.Digits.Take(7);
        model.BatchSize = 3;

        AnomalyScores scores = AnomalyScores.Of(model, digits, trainingLogProb: 20, seed: 9);
        model.BatchSize = 64;
        AnomalyScores again = AnomalyScores.Of(model, digits, trainingLogProb: 20, seed: 9);

        byte[] levels = [.. Enumerable.Range(0, 7).SelectMany(i => digits[i].ToArray())];
        float[][] latents = model.Standardize(model.Dequantize(levels, 9), out double[] logProb);
        Assert.Equal(logProb, scores.LogProb);
        Assert.Equal(logProb.Select(p => Math.Abs(p - 20)), scores.Typicality!);
        for (int i = 0; i < 7; i++)
        {
            double bits = -(logProb[i] - 64 * Math.Log(17)) / Math.Log(2);
            int code = PngEncoder.CompressedLength(new Image(8, 8, 1, digits[i].ToArray()));
            Assert.True(Math.Abs(scores.Complexity![i] - (bits - 8 * code)) <= 1e-9);
            Assert.True(code is > 10 and < 90);
            double norm = Math.Sqrt(latents[1].AsSpan(i * 32, 32).ToArray().Average(z => (double)z * z));
            Assert.True(Math.Abs(scores.LatentNorms[1][i] - norm) <= 1e-9);
        }

        Assert.Equal(scores.All().SelectMany(s => s.Values), again.All().SelectMany(s => s.Values));
        Assert.Equal(
            ["negative_log_prob", "typicality", "latent_norm_0", "latent_norm_1", "complexity"],
            scores.All().Select(s => s.Name));
        Assert.Null(AnomalyScores.Of(model, digits, trainingLogProb: null, seed: 9).Typicality);
    }
}
