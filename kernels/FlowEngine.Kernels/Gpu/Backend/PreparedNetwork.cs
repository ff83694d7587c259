using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// The prepared weights of a network: W₁' (N, 9, I), b₁', W₂' (N, N), b₂', W₃' (N, 9, O), b₃', and the border (9, O).
/// </summary>
/// <param name="network">The network.</param>
internal readonly struct PreparedNetwork(PixelNetworkShape network)
{
    private long Hidden => network.Hidden;

    private long Outputs => network.OutputChannels;

    public long Length1 => Hidden * Neighbors.Taps * network.InputChannels;

    public long Length2 => Hidden * Hidden;

    public long Length3 => Hidden * Neighbors.Taps * Outputs;

    public long Bias1 => Length1;

    public long Weight2 => Bias1 + Hidden;

    public long Bias2 => Weight2 + Length2;

    public long Weight3 => Bias2 + Hidden;

    public long Bias3 => Weight3 + Length3;

    public long Border => Bias3 + Outputs;

    public long BorderLength => Neighbors.Taps * Outputs;

    public long Length => Border + BorderLength;
}
