using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

/// <summary>How the workspace of a fused backward pass is divided. Every part starts at a multiple of 16 bytes.</summary>
/// <param name="network">The network.</param>
/// <param name="pixels">B·P.</param>
/// <param name="precision">The network's precision.</param>
internal readonly struct NetworkWorkspace(PixelNetworkShape network, int pixels, NetworkPrecision precision)
{
    /// <summary>The pixels of a part of the border's gradients.</summary>
    public const int PixelsPerBorderPart = 256;

    private const int LongestSlice = 4_096;
    private const int ShortestSlice = 256;
    private const int EnoughGroups = 384;

    /// <summary>The sizes of the weight gradients, with slices that fill a large GPU, but are none too long or short.</summary>
    public WeightGradientKernels.Sizes Sizes
    {
        get
        {
            var sizes = new WeightGradientKernels.Sizes(
                Neighbors.Taps * network.InputChannels, network.Hidden, OutputRow, pixels, pixels);
            int slices = Math.Max(
                Parts(pixels, LongestSlice),
                Math.Min(Parts(EnoughGroups, WeightGradientKernels.TilesOf(sizes)), Parts(pixels, ShortestSlice)));
            return sizes with { Slice = Parts(Parts(pixels, slices), NetworkTile.PixelsPerPart) * NetworkTile.PixelsPerPart };
        }
    }

    /// <summary>The slices of the weight gradients.</summary>
    public int Slices => Parts(pixels, Sizes.Slice);

    /// <summary>The elements of all weight gradients: dW₁', dW₂', dW₃'.</summary>
    public long WeightsLength =>
        (long)network.Hidden * ((Neighbors.Taps * network.InputChannels) + network.Hidden + OutputRow);

    /// <summary>The sums of a part of the pixels: dc₂, dc₁, dOutput.</summary>
    public int BiasesLength => (2 * network.Hidden) + network.OutputChannels;

    /// <summary>The parts of the pixels whose gradients are summed first.</summary>
    public int BiasParts => Parts(pixels, NetworkTile.PixelsPerPart);

    /// <summary>dc₁ and dc₂ as operands.</summary>
    public long DHiddenLength => 2 * Rows(network.Hidden);

    /// <summary>Where the patches are, as operands.</summary>
    public long Patches => DHiddenLength;

    /// <summary>Their length.</summary>
    public long PatchesLength => Rows(Neighbors.Taps * network.InputChannels);

    /// <summary>Where the gradients of the tap values are, as operands.</summary>
    public long DTaps => Patches + PatchesLength;

    /// <summary>Their length.</summary>
    public long DTapsLength => Rows(OutputRow);

    /// <summary>Where the gradients of the patches are; then the slices of the weight gradients; then the border's parts.</summary>
    public long Shared => DTaps + DTapsLength;

    /// <summary>The gradients of the patches, in float32.</summary>
    public long DPatchesLength => (long)pixels * Neighbors.Taps * network.InputChannels;

    /// <summary>The parts of the border's gradients.</summary>
    public int BorderParts => network.OutsideReadsOne ? Parts(pixels, PixelsPerBorderPart) : 0;

    /// <summary>Where the weight gradients are.</summary>
    public long Weights => Shared + Aligned(
        Math.Max(DPatchesLength, Math.Max(Slices * WeightsLength, (long)BorderParts * OutputRow)));

    /// <summary>Where the parts of the bias gradients are.</summary>
    public long BiasPartials => Weights + Aligned(WeightsLength);

    /// <summary>Where the bias gradients are: those of b₂', b₁', b₃'.</summary>
    public long Biases => BiasPartials + Aligned((long)BiasParts * BiasesLength);

    /// <summary>Where the border's gradients are.</summary>
    public long Borders => Biases + Aligned(BiasesLength);

    public long Length => Borders + OutputRow;

    private int OutputRow => Neighbors.Taps * network.OutputChannels;

    private static int Parts(int length, int partLength) => (length + partLength - 1) / partLength;

    private static long Aligned(long length) => (length + 3) / 4 * 4;

    private long Rows(int length) => (long)pixels * NetworkTile.Words(length, (int)precision);
}
