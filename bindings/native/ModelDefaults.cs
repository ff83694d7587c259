using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>The sizes a model gets where a caller gives none, as flowengine.h states them.</summary>
internal static class ModelDefaults
{
    private const int MostLevels = 3;
    private const int Steps = 8;
    private const int SmallImage = 16;

    /// <summary>Fills the gaps.</summary>
    public static GlowOptions Complete(in ModelOptions options)
    {
        Check.Choice("options.coupling", options.Coupling, 2);
        Check.Choice("options.preset", options.Preset, 2);
        bool isSmall = Math.Max(options.Height, options.Width) <= SmallImage;
        return new GlowOptions
        {
            Height = options.Height,
            Width = options.Width,
            Channels = options.Channels,
            Levels = options.Levels == 0 ? Levels(options.Height | options.Width) : options.Levels,
            Steps = options.Steps == 0 ? Steps : options.Steps,
            Hidden = options.Hidden != 0 ? options.Hidden : isSmall ? 64 : 128,
            Coupling = (CouplingKind)options.Coupling,
            Preset = (GlowPreset)options.Preset,
            Bins = options.Bins == 0 ? 256 : options.Bins,
        };
    }

    /// <summary>At least 1: for an odd size the error of that is the clearest.</summary>
    private static int Levels(int size)
    {
        int levels = 1;
        while (levels < MostLevels && size % (2 << levels) == 0)
        {
            levels++;
        }

        return levels;
    }
}
