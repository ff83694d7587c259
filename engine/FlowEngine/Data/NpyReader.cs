namespace FlowEngine.Data;

/// <summary>Reads images and labels from .npy arrays of shape (N,H,W), (N,H,W,C) or (N,C,H,W).</summary>
internal static class NpyReader
{
    /// <summary>Images of a Fortran-order array are gathered this many at a time.</summary>
    private const int RunLength = 1 << 16;

    public static ImageDataset Read(string path, string name) =>
        DataFile.Read(path, reader => ReadImages(reader, NpyHeader.Read(reader), name));

    /// <summary>Reads the elements after a header as images of 256 levels, of bools as images of 2.</summary>
    public static ImageDataset ReadImages(DataReader reader, NpyHeader header, string name)
    {
        header.RequireNumbers(reader.Name);
        Layout layout = Layout.Of(reader.Name, header);
        reader.Expect((UInt128)header.LengthInBytes, $"elements of shape {header.ShapeText}");
        reader.ExpectWorth(layout.Count, (long)layout.Pixels * header.ItemSize, layout.Pixels, "images");
        byte[][] images = header.IsFortranOrder
            ? ReadFortranOrder(reader, header, layout)
            : ReadRowOrder(reader, header, layout);
        reader.ExpectEnd();
        return new ImageDataset(name, layout.Height, layout.Width, layout.Channels, header.Kind == 'b' ? 2 : 256, images)
        {
            IsOfFractions = !header.IsInteger,
        };
    }

    /// <summary>Reads the elements after a header of shape (N) or (N,1) as labels.</summary>
    public static ClassLabels ReadLabels(DataReader reader, NpyHeader header)
    {
        reader.Expect((UInt128)header.LengthInBytes, $"labels of shape {header.ShapeText}");
        byte[] elements = reader.ReadBytes(header.LengthInBytes);
        reader.ExpectEnd();
        string[] labels = new string[header.Shape[0]];
        int bad = NpyElements.ToLabels(header, elements, labels);
        if (bad >= 0)
        {
            string value = header.IsNumber ? NpyElements.Describe(header, elements, bad) : $"'{labels[bad]}'";
            throw DataFile.BadFormat(reader.Name, $"row {bad} is {value}, expected a label: a whole number or text");
        }

        return ClassLabels.Of(labels);
    }

    private static byte[][] ReadRowOrder(DataReader reader, NpyHeader header, Layout layout)
    {
        byte[] elements = reader.ReadBytes((long)layout.Pixels * header.ItemSize);
        byte[] levels = new byte[layout.Pixels];

        // Grown as the data comes: the count of a compressed file is bounded only loosely.
        List<byte[]> images = [];
        for (int row = 0; row < layout.Count; row++)
        {
            if (row > 0)
            {
                reader.ReadExactly(elements);
            }

            int bad = NpyElements.ToLevels(header, elements, levels);
            if (bad >= 0)
            {
                throw BadElement(reader.Name, header, row, elements, bad);
            }

            byte[] image = new byte[layout.Pixels];
            layout.ToChannelsLast(levels, image);
            images.Add(image);
        }

        return [.. images];
    }

    /// <summary>The first axis varies fastest: one pixel of all images comes after another.</summary>
    private static byte[][] ReadFortranOrder(DataReader reader, NpyHeader header, Layout layout)
    {
        // All of it before the images are made: the count of a compressed file is only a claim.
        byte[] elements = reader.ReadBytes(header.LengthInBytes);
        byte[][] images = new byte[layout.Count][];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = new byte[layout.Pixels];
        }

        byte[] levels = new byte[Math.Min(layout.Count, RunLength)];
        Span<byte> rest = elements;
        foreach (int offset in layout.FortranOffsets())
        {
            for (int first = 0; first < layout.Count; first += RunLength)
            {
                int run = Math.Min(RunLength, layout.Count - first);
                Span<byte> stored = rest[..(run * header.ItemSize)];
                rest = rest[stored.Length..];
                int bad = NpyElements.ToLevels(header, stored, levels);
                if (bad >= 0)
                {
                    throw BadElement(reader.Name, header, first + bad, stored, bad);
                }

                for (int i = 0; i < run; i++)
                {
                    images[first + i][offset] = levels[i];
                }
            }
        }

        return images;
    }

    private static FlowException BadElement(
        string name, NpyHeader header, int row, ReadOnlySpan<byte> elements, int index)
    {
        string value = NpyElements.Describe(header, elements, index);
        string expected = header.IsInteger ? "integers 0..255" : "floats in [0,1]: divide levels 0..255 by 255";
        return DataFile.BadFormat(name, $"row {row} holds {value}, expected {expected}");
    }

    /// <summary>Where the three stored axes of an image, A by B by C, stand in H,W,C order.</summary>
    private readonly record struct Layout(int Count, int A, int B, int C, bool IsChannelsFirst)
    {
        public int Height => IsChannelsFirst ? B : A;

        public int Width => IsChannelsFirst ? C : B;

        public int Channels => IsChannelsFirst ? A : C;

        public int Pixels => A * B * C;

        public static Layout Of(string name, NpyHeader header)
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
            return new Layout((int)shape[0], (int)shape[1], (int)shape[2], c, isChannelsFirst);
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
}
