using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Tensors;
using FlowEngine.Training;

namespace FlowEngine.Tests.Models;

/// <summary>Small models and data for tests of whole models.</summary>
internal static class TinyGlow
{
    public static GlowOptions Options(
        GlowPreset preset = GlowPreset.Glow,
        CouplingKind coupling = CouplingKind.Affine,
        int height = 8,
        int width = 8,
        int channels = 1,
        int levels = 2,
        int steps = 2,
        int hidden = 12,
        int bins = 17,
        double logitMargin = 0) => new()
        {
            Preset = preset,
            Coupling = coupling,
            Height = height,
            Width = width,
            Channels = channels,
            Levels = levels,
            Steps = steps,
            Hidden = hidden,
            Bins = bins,
            LogitMargin = logitMargin,
        };

    /// <summary>Conditions of data in turn: classes one after the other, or numbers.</summary>
    public static float[] Conditions(IModelOptions options, int count)
    {
        if (options.Condition is not ConditionOptions condition)
        {
            return [];
        }

        return condition.IsClass
            ? condition.OneHot([.. Enumerable.Range(0, count).Select(i => i * 2 % condition.Length)])
            : Array.ConvertAll(
                new HostRandom(9, RandomPurpose.TrainingNoise, 0).Normal(count * condition.Length), value => (float)value);
    }

    public static ModelConfig Config(IModelOptions options) =>
        new(options, false, DataSchema.AsIs("test", options));

    /// <summary>
    /// A model whose every parameter is off its initial value, so that nothing is zero or one by chance.
    /// </summary>
    public static Model Perturbed(IBackend backend, IModelOptions options, ulong seed = 1, double amount = 0.05)
    {
        Model model = Model.Create(Config(options), backend, seed);
        double[] weights = new double[model.Weights.Length];
        backend.Read(model.Weights, weights);
        double[] noise = new HostRandom(seed, RandomPurpose.Weights, 999).Normal(weights.Length);
        double[] moved = [.. weights.Zip(noise, (weight, step) => weight + (amount * step))];
        backend.Write(moved, model.Weights);
        model.MarkInitialized();
        model.Invalidate();
        return model;
    }

    public static float[] Images(Flow flow, int count, ulong seed = 5) =>
        Array.ConvertAll(
            new HostRandom(seed, RandomPurpose.TrainingNoise, 0).Uniform(count * flow.Dims), u => (float)(u - 0.5));

    public static ImageDataset Digits { get; } = DatasetLoader.Load("digits").Train;

    public static double[] Read(IBackend backend, BufferView view)
    {
        double[] values = new double[view.Length];
        backend.Read(view, values);
        return values;
    }

    public static Trainer Train(Model model, TrainerOptions options, int updates)
    {
        Trainer trainer = new(model, Digits, options);
        if (!model.Config.IsInitialized)
        {
            trainer.Initialize();
        }

        for (int i = 0; i < updates; i++)
        {
            trainer.Step();
        }

        return trainer;
    }
}
