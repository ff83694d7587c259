namespace FlowEngine.Data;

/// <summary>Where the three stored axes of an image, A by B by C, stand in H,W,C order.</summary>
internal readonly record struct ImageLayout(int Count, int A, int B, int C, bool IsChannelsFirst)
{
    public int Height => IsChannelsFirst ? B : A;

    public int Width => IsChannelsFirst ? C : B;

    public int Channels => IsChannelsFirst ? A : C;

    public int Pixels => A * B * C;

    public static ImageLayout Of(string name, NpyHeader header)
    {
        long[] shape = header.Shape;
        bool isChannelsFirst = shape is [_, >= 1 and <= 4, _, > 4];
        bool isReadable = shape is [_, _, _] or [_, _, _, >= 1 and <= 4] || isChannelsFirst;
        UInt128 pixels = isReadable ? shape.Skip(1).Aggregate(UInt128.One, (p, axis) => p * (UInt128)axis) : 0;
        if (pixels == 0 || pixels > Image.MaxLength || shape[0] is < 1 or > int.MaxValue)
        {
            throw DataFile.BadFormat(
                name,
                $"has shape {header.ShapeText}, expected (N,H,W), (N,H,W,C) or (N,C,H,W), "
                + "no axis empty and 1 to 4 channels");
        }

        int c = shape.Length == 4 ? (int)shape[3] : 1;
        return new ImageLayout((int)shape[0], (int)shape[1], (int)shape[2], c, isChannelsFirst);
    }

    public void ToChannelsLast(ReadOnlySpan<byte> stored, Span<byte> image)
    {
        if (!IsChannelsFirst)
        {
            stored.CopyTo(image);
            return;
        }

        int plane = B * C;
        for (int p = 0; p < plane; p++)
        {
            for (int channel = 0; channel < A; channel++)
            {
                image[p * A + channel] = stored[channel * plane + p];
            }
        }
    }

    /// <summary>The place in H,W,C order of each stored element of an image, first axis fastest.</summary>
    public IEnumerable<int> FortranOffsets()
    {
        (int strideA, int strideB, int strideC) = IsChannelsFirst ? (1, C * A, A) : (B * C, C, 1);
        for (int c = 0; c < C; c++)
        {
            for (int b = 0; b < B; b++)
            {
                for (int a = 0; a < A; a++)
                {
                    yield return a * strideA + b * strideB + c * strideC;
                }
            }
        }
    }
}
