using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Interop;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Tests.Golden;

/// <summary>A state dict to a checkpoint, as <c>flow import</c> does.</summary>
internal static class GoldenImport
{
    public static void Save(IEnumerable<NamedTensor> stateDict, string path, int height, int width)
    {
        (IReadOnlyList<NamedTensor> tensors, RosinalityShape shape) = RosinalityLayout.Import(stateDict);
        GlowOptions options = new()
        {
            Preset = GlowPreset.Rosinality,
            Height = height,
            Width = width,
            Channels = shape.Channels,
            Levels = shape.Levels,
            Steps = shape.Steps,
            Hidden = shape.Hidden,
            Coupling = shape.Affine ? CouplingKind.Affine : CouplingKind.Additive,
        };
        CheckpointFile.Save(path, tensors, new ModelConfig(options, true, DataSchema.AsIs("golden", options)).ToJson());
    }
}
