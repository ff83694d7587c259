using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace FlowEngine.Data;

/// <summary>Turns the elements of a .npy array, of any size and byte order, into grey levels, labels or numbers.</summary>
internal static class NpyElements
{
    private const int RunLength = 1 << 16;

    /// <summary>Converts elements to 0..255: integers unchanged, floats in [0,1] as min(255, floor(256·v)).</summary>
    /// <param name="header">The type of the elements.</param>
    /// <param name="elements">The elements as stored; left in the byte order of this machine.</param>
    /// <param name="levels">One level an element.</param>
    /// <returns>The first element out of range, or -1.</returns>
    public static int ToLevels(NpyHeader header, Span<byte> elements, Span<byte> levels)
    {
        ToMachineOrder(header, elements);
        return (header.Kind, header.ItemSize) switch
        {
            ('u', 1) => CopyLevels(elements, levels),
            ('b', _) => IntegerLevels<byte>(elements, levels, 1),
            ('u', 2) => IntegerLevels<ushort>(elements, levels),
            ('u', 4) => IntegerLevels<uint>(elements, levels),
            ('u', _) => IntegerLevels<ulong>(elements, levels),
            ('i', 1) => IntegerLevels<sbyte>(elements, levels),
            ('i', 2) => IntegerLevels<short>(elements, levels),
            ('i', 4) => IntegerLevels<int>(elements, levels),
            ('i', _) => IntegerLevels<long>(elements, levels),
            (_, 2) => FractionLevels<Half>(elements, levels),
            (_, 4) => FractionLevels<float>(elements, levels),
            _ => FractionLevels<double>(elements, levels),
        };
    }

    /// <summary>Elements as labels: whole numbers or text.</summary>
    /// <param name="header">The type of the elements.</param>
    /// <param name="elements">The elements as stored.</param>
    /// <param name="labels">One text an element.</param>
    /// <returns>The first element that is no label, or -1.</returns>
    public static int ToLabels(NpyHeader header, Span<byte> elements, Span<string> labels)
    {
        if (header.IsText)
        {
            Encoding encoding = header.Kind == 'S' ? Encoding.Latin1 : new UTF32Encoding(header.IsBigEndian, false);
            for (int i = 0; i < labels.Length; i++)
            {
                labels[i] = encoding.GetString(elements.Slice(i * header.ItemSize, header.ItemSize)).TrimEnd('\0').Trim();
                if (MissingValue.IsLabel(labels[i]))
                {
                    return i;
                }
            }

            return -1;
        }

        // A text for each class, not for each label.
        Dictionary<double, string> texts = [];
        Span<double> numbers = new double[Math.Min(labels.Length, RunLength)];
        for (int i = 0; i < labels.Length; i++)
        {
            if (i % RunLength == 0)
            {
                int run = Math.Min(RunLength, labels.Length - i);
                ToNumbers(header, elements.Slice(i * header.ItemSize, run * header.ItemSize), numbers[..run]);
            }

            // Positive form, so that NaN fails it.
            double number = numbers[i % RunLength];
            if (!(Math.Abs(number) <= int.MaxValue && number == Math.Floor(number)))
            {
                return i;
            }

            if (!texts.TryGetValue(number, out string? text))
            {
                texts.Add(number, text = ((int)number).ToString(CultureInfo.InvariantCulture));
            }

            labels[i] = text;
        }

        return -1;
    }

    /// <summary>Converts elements to numbers.</summary>
    public static void ToNumbers(NpyHeader header, Span<byte> elements, Span<double> numbers)
    {
        ToMachineOrder(header, elements);
        switch (header.Kind, header.ItemSize)
        {
            case ('u' or 'b', 1):
                Numbers<byte>(elements, numbers);
                break;
            case ('u', 2):
                Numbers<ushort>(elements, numbers);
                break;
            case ('u', 4):
                Numbers<uint>(elements, numbers);
                break;
            case ('u', _):
                Numbers<ulong>(elements, numbers);
                break;
            case ('i', 1):
                Numbers<sbyte>(elements, numbers);
                break;
            case ('i', 2):
                Numbers<short>(elements, numbers);
                break;
            case ('i', 4):
                Numbers<int>(elements, numbers);
                break;
            case ('i', _):
                Numbers<long>(elements, numbers);
                break;
            case (_, 2):
                Numbers<Half>(elements, numbers);
                break;
            case (_, 4):
                Numbers<float>(elements, numbers);
                break;
            default:
                Numbers<double>(elements, numbers);
                break;
        }
    }

    /// <summary>One element as text, after a conversion put it in the byte order of this machine.</summary>
    public static string Describe(NpyHeader header, ReadOnlySpan<byte> elements, int index)
    {
        ReadOnlySpan<byte> element = elements.Slice(index * header.ItemSize, header.ItemSize);
        IFormattable value = (header.Kind, header.ItemSize) switch
        {
            ('u' or 'b', 1) => element[0],
            ('u', 2) => MemoryMarshal.Read<ushort>(element),
            ('u', 4) => MemoryMarshal.Read<uint>(element),
            ('u', _) => MemoryMarshal.Read<ulong>(element),
            ('i', 1) => (sbyte)element[0],
            ('i', 2) => MemoryMarshal.Read<short>(element),
            ('i', 4) => MemoryMarshal.Read<int>(element),
            ('i', _) => MemoryMarshal.Read<long>(element),
            (_, 2) => MemoryMarshal.Read<Half>(element),
            (_, 4) => MemoryMarshal.Read<float>(element),
            _ => MemoryMarshal.Read<double>(element),
        };
        return value.ToString(null, CultureInfo.InvariantCulture);
    }

    private static int CopyLevels(ReadOnlySpan<byte> elements, Span<byte> levels)
    {
        elements.CopyTo(levels);
        return -1;
    }

    private static int IntegerLevels<T>(ReadOnlySpan<byte> elements, Span<byte> levels, int largest = 255)
        where T : unmanaged, IBinaryInteger<T>
    {
        T last = T.CreateSaturating(largest);
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(elements);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < T.Zero || values[i] > last)
            {
                return i;
            }

            levels[i] = byte.CreateTruncating(values[i]);
        }

        return -1;
    }

    private static int FractionLevels<T>(ReadOnlySpan<byte> elements, Span<byte> levels)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(elements);
        for (int i = 0; i < values.Length; i++)
        {
            // Positive form, so that NaN fails it.
            double value = double.CreateTruncating(values[i]);
            if (!(value >= 0 && value <= 1))
            {
                return i;
            }

            levels[i] = (byte)Math.Min(255, (int)(value * 256));
        }

        return -1;
    }

    private static void Numbers<T>(ReadOnlySpan<byte> elements, Span<double> numbers)
        where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(elements);
        for (int i = 0; i < values.Length; i++)
        {
            numbers[i] = double.CreateTruncating(values[i]);
        }
    }

    private static void ToMachineOrder(NpyHeader header, Span<byte> elements)
    {
        if (header.IsBigEndian != BitConverter.IsLittleEndian)
        {
            return;
        }

        switch (header.ItemSize)
        {
            case 2:
                Span<ushort> twos = MemoryMarshal.Cast<byte, ushort>(elements);
                BinaryPrimitives.ReverseEndianness(twos, twos);
                break;
            case 4:
                Span<uint> fours = MemoryMarshal.Cast<byte, uint>(elements);
                BinaryPrimitives.ReverseEndianness(fours, fours);
                break;
            case 8:
                Span<ulong> eights = MemoryMarshal.Cast<byte, ulong>(elements);
                BinaryPrimitives.ReverseEndianness(eights, eights);
                break;
            default:
                break;
        }
    }
}
