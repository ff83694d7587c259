using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

/// <summary>Whether and how a network runs in the kernels that hold a tile of pixels in shared memory throughout.</summary>
/// <param name="network">The network.</param>
/// <param name="precision">Its precision.</param>
/// <param name="device">The device.</param>
internal readonly struct FusedNetwork(PixelNetworkShape network, NetworkPrecision precision, GpuDeviceInfo device)
{
    private const int RowsPerBlock = 16;
    private const int Narrow = 2;

    /// <summary>Of a hidden layer all columns are in one pass, and the narrow tile is in shared memory.</summary>
    public bool Fits =>
        network.Hidden <= NetworkProduct.PassColumns
        && Math.Max(SharedBytesOf(Narrow), sizeof(float) * WeightGradientKernels.SharedWords((int)precision))
            <= device.MaxSharedBytesPerGroup;

    /// <summary>The network's sizes as kernels take them.</summary>
    public NetworkWeightKernels.Sizes Sizes => new(network.InputChannels, network.Hidden, network.OutputChannels);

    /// <summary>The distance of rows in shared memory, in words.</summary>
    public int Stride => NetworkTile.Stride(Longest, (int)precision);

    /// <summary>The words of a pixel's hidden activations of one layer.</summary>
    public long HiddenWords => NetworkTile.Words(network.Hidden, (int)precision);

    private int Longest => Math.Max(
        network.Hidden, Neighbors.Taps * Math.Max(network.InputChannels, network.OutputChannels));

    /// <summary>
    /// Whether tiles have 64 pixels: read a weight half as often, where there is the room and every multiprocessor still has
    /// a tile. The results of a pixel are the same.
    /// </summary>
    /// <param name="pixels">B·P.</param>
    public bool IsWide(int pixels) =>
        precision != NetworkPrecision.Full
        && SharedBytesOf(NetworkProduct.MaxRowBlocks) <= device.MaxSharedBytesPerGroup
        && pixels / (RowsPerBlock * NetworkProduct.MaxRowBlocks) >= device.Multiprocessors;

    /// <summary>The blocks of 16 pixels of a tile.</summary>
    /// <param name="pixels">B·P.</param>
    public int RowBlocks(int pixels) => IsWide(pixels) ? NetworkProduct.MaxRowBlocks : Narrow;

    /// <summary>A group for each tile.</summary>
    /// <param name="pixels">B·P.</param>
    public LaunchGrid Grid(int pixels)
    {
        int rows = RowBlocks(pixels) * RowsPerBlock;
        return new LaunchGrid((pixels + rows - 1) / rows, DynamicSharedBytes: SharedBytesOf(RowBlocks(pixels)));
    }

    /// <summary>The words of packed matrices.</summary>
    /// <param name="first">The first.</param>
    /// <param name="count">How many.</param>
    public long PackedWords(int first, int count)
    {
        long words = 0;
        for (int matrix = first; matrix < first + count; matrix++)
        {
            words += NetworkWeightKernels.PackedWords(
                NetworkWeightKernels.DepthOf(matrix, Sizes), NetworkWeightKernels.ColumnsOf(matrix, Sizes), (int)precision);
        }

        return words;
    }

    private int SharedBytesOf(int rowBlocks) =>
        sizeof(float) * ((rowBlocks * RowsPerBlock * Stride) + NetworkProduct.RingWords(Longest));
}
