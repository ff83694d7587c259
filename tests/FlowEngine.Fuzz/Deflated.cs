using System.IO.Compression;

namespace FlowEngine.Fuzz;

/// <summary>Deflate, mostly of the kind that stores: compressors cost more than the readers.</summary>
internal static class Deflated
{
    /// <summary>Writes bytes as deflate.</summary>
    public static void Write(Dice dice, ReadOnlySpan<byte> content, Output output)
    {
        if (dice.OneIn(16))
        {
            using MemoryStream packed = new();
            using (DeflateStream deflate = new(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                deflate.Write(content);
            }

            output.Add(packed.GetBuffer().AsSpan(0, (int)packed.Length));
            return;
        }

        ReadOnlySpan<byte> stored = content[..Math.Min(content.Length, ushort.MaxValue)];
        int length = dice.OneIn(40) ? (int)dice.Odd() : stored.Length;
        output.Add(1);
        output.Little16(length);
        output.Little16(~length);
        output.Add(stored);
    }

    /// <summary>The bytes of a packed content up to its end or its first fault.</summary>
    public static long LengthOf(Stream content)
    {
        byte[] buffer = new byte[1 << 16];
        long length = 0;
        try
        {
            for (int read = content.Read(buffer); read > 0; read = content.Read(buffer))
            {
                length += read;
            }
        }
        catch (IOException)
        {
            return length;
        }
        catch (InvalidDataException)
        {
            return length;
        }

        return length;
    }
}
