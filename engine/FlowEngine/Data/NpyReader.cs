namespace FlowEngine.Data;

/// <summary>Reads images and labels from .npy arrays of shape (N,H,W), (N,H,W,C) or (N,C,H,W).</summary>
internal static class NpyReader
{
    /// <summary>Images of a Fortran-order array are gathered this many at a time.</summary>
    private const int RunLength = 1 << 16;

    public static ImageDataset Read(string path, string name) =>
        DataFile.Read(path, reader => ReadImages(reader, NpyHeader.Read(reader), name, path));

    /// <summary>Reads the elements after a header as images of 256 levels, of bools as images of 2.</summary>
    /// <param name="reader">The elements, up to its end.</param>
    /// <param name="header">Their type and axes.</param>
    /// <param name="name">The name of the set.</param>
    /// <param name="path">The file they are in, where a large one may keep them; null where none has them as they are.</param>
    public static ImageDataset ReadImages(DataReader reader, NpyHeader header, string name, string? path = null)
    {
        header.RequireNumbers(reader.Name);
        ImageLayout layout = ImageLayout.Of(reader.Name, header);
        reader.Expect((UInt128)header.LengthInBytes, $"elements of shape {header.ShapeText}");
        reader.ExpectWorth(layout.Count, (long)layout.Pixels * header.ItemSize, layout.Pixels, "images");
        int bins = header.Kind == 'b' ? 2 : 256;
        if (path is not null && !reader.IsPacked && !header.IsFortranOrder && header.LengthInBytes > ImageStore.LargestInMemory)
        {
            return new ImageDataset(
                name,
                layout.Height,
                layout.Width,
                layout.Channels,
                bins,
                new FileImages(path, reader.Name, reader.Position, (long)layout.Pixels * header.ItemSize, header, layout),
                null)
            {
                IsOfFractions = !header.IsInteger,
            };
        }

        byte[][] images = header.IsFortranOrder
            ? ReadFortranOrder(reader, header, layout)
            : ReadRowOrder(reader, header, layout);
        reader.ExpectEnd();
        return new ImageDataset(name, layout.Height, layout.Width, layout.Channels, bins, images)
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

    private static byte[][] ReadRowOrder(DataReader reader, NpyHeader header, ImageLayout layout)
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
    private static byte[][] ReadFortranOrder(DataReader reader, NpyHeader header, ImageLayout layout)
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

    /// <summary>The error of an element that is no level.</summary>
    internal static FlowException BadElement(
        string name, NpyHeader header, int row, ReadOnlySpan<byte> elements, int index)
    {
        string value = NpyElements.Describe(header, elements, index);
        string expected = header.IsInteger ? "integers 0..255" : "floats in [0,1]: divide levels 0..255 by 255";
        return DataFile.BadFormat(name, $"row {row} holds {value}, expected {expected}");
    }
}
