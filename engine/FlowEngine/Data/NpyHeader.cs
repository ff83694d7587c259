using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace FlowEngine.Data;

/// <summary>What the header of a .npy array says of its elements.</summary>
/// <param name="Kind">'u' unsigned, 'i' signed, 'f' float, 'b' bool, 'U' UTF-32 text, 'S' ASCII text; '?' what is not read.</param>
/// <param name="ItemSize">Bytes an element: of numbers 1, 2, 4 or 8.</param>
/// <param name="IsBigEndian">Byte order of the elements.</param>
/// <param name="IsFortranOrder">Whether the first axis varies fastest.</param>
/// <param name="Shape">Lengths of the axes, none negative, whose product in bytes fits a long.</param>
internal sealed record NpyHeader(char Kind, int ItemSize, bool IsBigEndian, bool IsFortranOrder, long[] Shape)
{
    private const int MaxTextLength = 1 << 16;
    private const int MaxAxes = 32;

    /// <summary>The first six bytes of every .npy file.</summary>
    public static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Byte order, kind and size as the file has them.</summary>
    public string ElementType { get; init; } = string.Empty;

    /// <summary>True for numbers and bools.</summary>
    public bool IsNumber => IsInteger || Kind == 'f';

    /// <summary>True for text.</summary>
    public bool IsText => Kind is 'U' or 'S';

    public bool IsInteger => Kind is 'u' or 'i' or 'b';

    /// <summary>Bytes the elements take.</summary>
    public long LengthInBytes => Shape.Aggregate((long)ItemSize, (product, axis) => product * axis);

    public string ShapeText => $"({string.Join(", ", Shape)})";

    /// <summary>Refuses elements other than numbers.</summary>
    /// <param name="name">What messages call the array.</param>
    public void RequireNumbers(string name)
    {
        if (!IsNumber)
        {
            string found = ElementType is [_, 'O', ..]
                ? "Python objects"
                : $"element type '{ElementType[..Math.Min(ElementType.Length, 20)]}'";
            throw DataFile.BadFormat(name, $"holds {found}, expected integers or floats of 1 to 8 bytes");
        }
    }

    /// <summary>Reads a header, which leaves the reader at the first element.</summary>
    public static NpyHeader Read(DataReader reader)
    {
        Span<byte> start = stackalloc byte[8];
        reader.ReadExactly(start);
        if (!start.StartsWith(Magic) || start[6] is < 1 or > 3)
        {
            throw DataFile.BadFormat(reader.Name, "is not a .npy array, expected its magic and version 1 to 3");
        }

        // Version 1 counts its text in two bytes, versions 2 and 3 in four.
        Span<byte> lengthBytes = stackalloc byte[4];
        lengthBytes.Clear();
        reader.ReadExactly(lengthBytes[..(start[6] == 1 ? 2 : 4)]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        if (length > MaxTextLength || length > reader.Remaining)
        {
            long bound = Math.Min(MaxTextLength, reader.Remaining);
            throw DataFile.BadFormat(reader.Name, $"has a header of {length} bytes, expected at most {bound}");
        }

        byte[] text = new byte[length];
        reader.ReadExactly(text);
        return Parse(reader.Name, Encoding.Latin1.GetString(text));
    }

    private static NpyHeader Parse(string name, string text)
    {
        NpyHeaderText cursor = new(name, text);
        string? elementType = null;
        bool? isFortranOrder = null;
        long[]? shape = null;
        cursor.Expect('{');
        while (!cursor.TryTake('}'))
        {
            string key = cursor.TakeString();
            cursor.Expect(':');
            switch (key)
            {
                case "descr":
                    elementType = cursor.TakeElementType();
                    break;
                case "fortran_order":
                    isFortranOrder = cursor.TakeBool();
                    break;
                case "shape":
                    shape = cursor.TakeShape();
                    break;
                default:
                    throw DataFile.BadFormat(name, "header has an unknown key, expected descr, fortran_order, shape");
            }

            if (!cursor.TryTake(','))
            {
                cursor.Expect('}');
                break;
            }
        }

        if (elementType is null || isFortranOrder is null || shape is null)
        {
            throw DataFile.BadFormat(name, "header lacks a key, expected descr, fortran_order and shape");
        }

        (char kind, int itemSize, bool isBigEndian) = ParseElementType(elementType);
        CheckShape(name, shape, itemSize);
        return new NpyHeader(kind, itemSize, isBigEndian, isFortranOrder.Value, shape) { ElementType = elementType };
    }

    /// <summary>Parses byte order, kind and size, such as &lt;f4.</summary>
    private static (char Kind, int ItemSize, bool IsBigEndian) ParseElementType(string elementType)
    {
        if (elementType is ['<' or '>' or '|' or '=', 'u' or 'i' or 'f', '1' or '2' or '4' or '8']
            && elementType[1..] != "f1")
        {
            return (elementType[1], elementType[2] - '0', elementType[0] == '>');
        }

        if (elementType == "|b1")
        {
            return ('b', 1, false);
        }

        if (elementType is ['<' or '>' or '|' or '=', 'U' or 'S', ..]
            && int.TryParse(elementType.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            && length is > 0 and <= MaxTextLength)
        {
            return (elementType[1], elementType[1] == 'U' ? 4 * length : length, elementType[0] == '>');
        }

        return ('?', 0, false);
    }

    private static void CheckShape(string name, long[] shape, int itemSize)
    {
        long length = itemSize;
        foreach (long axis in shape)
        {
            if (axis != 0 && length > long.MaxValue / axis)
            {
                throw DataFile.BadFormat(name, "has a shape too large for any file, expected one that fits its data");
            }

            length *= axis;
        }

        if (shape.Length > MaxAxes)
        {
            throw DataFile.BadFormat(name, $"has {shape.Length} axes, expected at most {MaxAxes}");
        }
    }
}
