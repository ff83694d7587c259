using FlowEngine.Kernels.Device;

namespace FlowEngine.Conformance.Kernels;

/// <summary>Indices that do not fit a 32-bit int.</summary>
public static partial class WideIndices
{
    private const int BlockSize = 64;

    // marks[start + i · stride] = i + 1, and back from there to read.
    [Kernel(BlockSize)]
    private static void Mark(GlobalView<byte> marks, GlobalView<uint> back, long start, long stride, int count)
    {
        int i = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (i >= count)
        {
            return;
        }

        long place = start + (i * stride);
        marks[place] = (byte)(i + 1);
        back[i] = marks.Slice(place)[0] + ((uint)(place >> 31) << 8);
    }
}
