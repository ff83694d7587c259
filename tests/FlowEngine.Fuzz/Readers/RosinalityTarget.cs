using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Interop;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;

namespace FlowEngine.Fuzz;

/// <summary>State dicts of rosinality/glow-pytorch.</summary>
internal sealed class RosinalityTarget : Target
{
    private readonly SafetensorsMaker _maker = new(Export("affine"), Export("additive"));

    public RosinalityTarget(string name)
        : base(name)
    {
    }

    public override void Make(Dice dice, Output output) => _maker.Write(dice, output);

    public override void Read(ReadOnlyMemory<byte> input) =>
        RosinalityLayout.Import(SafetensorsFile.Read(input, FileName).Tensors);

    private static byte[] Export(string coupling)
    {
        using CpuBackend backend = new(1);
        using Model model = SmallModels.Create(
            $$"""
            {"model":"glow","preset":"rosinality","coupling":"{{coupling}}","height":2,"width":2,"channels":1,"levels":1,
            "steps":1,"hidden":1}
            """,
            backend);
        GlowOptions options = (GlowOptions)model.Config.Options;
        RosinalityShape shape = new(
            options.Channels, options.Levels, options.Steps, options.Hidden, options.Coupling == CouplingKind.Affine);
        using MemoryStream stream = new();
        SafetensorsFile.Write(stream, [.. RosinalityLayout.Export(model.Tensors(model.Weights), shape)]);
        return stream.ToArray();
    }
}
