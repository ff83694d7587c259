namespace FlowEngine.Kernels.Device;

/// <summary>Elements that are filled, moved and looked at. A thread has one element.</summary>
internal static partial class MemoryKernels
{
    private const int BlockSize = 256;

    [Kernel(BlockSize)]
    private static void Fill(GlobalView<float> destination, float value, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            destination[i] = value;
        }
    }

    // destination[p, destinationChannel + c] = source[p, sourceChannel + c], c < count.
    [Kernel(BlockSize)]
    private static void CopyChannels(
        [MayAlias] ReadOnlyGlobalView<float> source,
        [MayAlias] GlobalView<float> destination,
        long length,
        int sourceChannels,
        int sourceChannel,
        int destinationChannels,
        int destinationChannel,
        int count)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long pixel = i / count;
            int channel = (int)(i % count);
            destination[(pixel * destinationChannels) + destinationChannel + channel] =
                source[(pixel * sourceChannels) + sourceChannel + channel];
        }
    }

    // destination[b, p, c] = rows[b, c], c < count.
    [Kernel(BlockSize)]
    private static void SpreadRows(
        ReadOnlyGlobalView<float> rows,
        GlobalView<float> destination,
        long length,
        int pixelsPerImage,
        int channels,
        int count)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            long pixel = i / count;
            int channel = (int)(i % count);
            destination[(pixel * channels) + channel] = rows[(pixel / pixelsPerImage * count) + channel];
        }
    }

    // found[0] = 1 if an element is infinite or NaN.
    [Kernel(BlockSize)]
    private static void FindNonFinite(ReadOnlyGlobalView<float> source, GlobalView<uint> found, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length && (XMath.AsUInt32(source[i]) & 0x7f800000u) == 0x7f800000u)
        {
            Atomic.Max(found, 0, 1u);
        }
    }

    // destination[p, c] = values[c].
    [Kernel(BlockSize)]
    private static void BroadcastChannels(
        ReadOnlyGlobalView<float> values, GlobalView<float> destination, long length, int channels)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            destination[i] = values[i % channels];
        }
    }
}
