using FlowEngine.Architecture;

namespace FlowEngine.Tests.Models;

/// <summary>Small RealNVPs.</summary>
internal static class TinyRealNvp
{
    public static RealNvpOptions Options(
        int height = 4,
        int width = 6,
        int channels = 1,
        int levels = 2,
        int hidden = 7,
        int blocks = 1,
        int bins = 17) => new()
        {
            Height = height,
            Width = width,
            Channels = channels,
            Levels = levels,
            Hidden = hidden,
            Blocks = blocks,
            Bins = bins,
        };
}
