using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Interop;

/// <summary>Converts files between FlowEngine's checkpoints and rosinality/glow-pytorch's state dicts.</summary>
/// <remarks>A state dict is read and written as a safetensors file; nothing pickled is ever opened.</remarks>
public static class RosinalityCheckpoint
{
    /// <summary>Makes a checkpoint of a state dict.</summary>
    /// <param name="source">The state dict.</param>
    /// <param name="target">The checkpoint to create or replace.</param>
    /// <param name="size">Height and width of the images that it was trained on; the tensors do not show them.</param>
    /// <param name="bins">Their grey levels; the tensors do not show them.</param>
    /// <returns>The configuration of the checkpoint.</returns>
    /// <exception cref="FlowException">The state dict is missing or no such model, the size or the grey levels do not
    /// fit it, or the checkpoint cannot be written.</exception>
    public static ModelConfig Import(string source, string target, int size, int bins)
    {
        SafetensorsFile file = SafetensorsFile.Read(source);
        (IReadOnlyList<NamedTensor> tensors, RosinalityShape shape) =
            InFile(source, () => RosinalityLayout.Import(file.Tensors));
        GlowOptions options = new()
        {
            Preset = GlowPreset.Rosinality,
            Height = size,
            Width = size,
            Channels = shape.Channels,
            Levels = shape.Levels,
            Steps = shape.Steps,
            Hidden = shape.Hidden,
            Coupling = shape.Affine ? CouplingKind.Affine : CouplingKind.Additive,
            Bins = bins,
        };
        options.Validate();

        // Such models are trained on images of 8 bits, of which they see the highest.
        ImageSchema data = (ImageSchema)DataSchema.AsIs(string.Empty, options) with { Levels = 256 };
        ModelConfig config = new(options, IsInitialized: true, data);
        CheckpointFile.Save(target, tensors, config.ToJson());
        return config;
    }

    /// <summary>Makes a state dict of a checkpoint of the preset <see cref="GlowPreset.Rosinality"/>.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="target">The state dict to create or replace.</param>
    /// <exception cref="FlowException">The checkpoint is missing, damaged or of another preset, or the state dict
    /// cannot be written.</exception>
    public static void Export(string source, string target)
    {
        CheckpointFile checkpoint = CheckpointFile.Load(source);
        IModelOptions options = ModelConfig.Parse(checkpoint.Config, source).Options;
        if (options.Kind.Refusal(options, ModelUse.Export) is string reason)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{source}: {reason}");
        }

        GlowOptions glow = (GlowOptions)options;
        RosinalityShape shape = new(
            glow.Channels, glow.Levels, glow.Steps, glow.Hidden, glow.Coupling == CouplingKind.Affine);
        SafetensorsFile.Write(
            target, [.. InFile(source, () => RosinalityLayout.Export(checkpoint.Tensors.Values, shape))]);
    }

    /// <summary>The layout knows tensors, not files: its errors get the name of the file here.</summary>
    private static T InFile<T>(string path, Func<T> convert)
    {
        try
        {
            return convert();
        }
        catch (FlowException exception)
        {
            throw new FlowException(exception.Kind, $"{path}: {exception.Message}", exception);
        }
    }
}
