using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// The prepared weights of a network: folded W₁' (N, 9, I), W₂' (N, N), W₃' (N, 9, O), b₁', b₂', b₃', the border (9, O), and
/// where the network runs fused the packed matrices of <see cref="NetworkWeightKernels"/>.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="fused">How it runs fused.</param>
internal readonly struct PreparedNetwork(PixelNetworkShape network, FusedNetwork fused)
{
    private long Hidden => network.Hidden;

    private long Outputs => network.OutputChannels;

    public long Length1 => Hidden * Neighbors.Taps * network.InputChannels;

    public long Length2 => Hidden * Hidden;

    public long Length3 => Hidden * Neighbors.Taps * Outputs;

    public long Weight2 => Length1;

    public long Weight3 => Weight2 + Length2;

    public long Bias1 => Weight3 + Length3;

    public long Bias2 => Bias1 + Hidden;

    public long Bias3 => Bias2 + Hidden;

    public long Border => Bias3 + Outputs;

    public long BorderLength => Neighbors.Taps * Outputs;

    /// <summary>Where the packed matrices start: a multiple of 16 bytes.</summary>
    public long Packed => (Border + BorderLength + 3) / 4 * 4;

    public long Length => fused.Fits ? Packed + fused.PackedWords(0, NetworkWeightKernels.Matrices) : Border + BorderLength;
}
