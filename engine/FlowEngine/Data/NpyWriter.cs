using System.Buffers.Binary;
using System.Text;

namespace FlowEngine.Data;

/// <summary>Writes images as NumPy's .npy file: unsigned bytes, (N, H, W, C), row-major.</summary>
public static class NpyWriter
{
    private const int Alignment = 64;

    /// <summary>Writes a file (format version 1.0).</summary>
    /// <param name="stream">Where it goes; its own errors pass through.</param>
    /// <param name="images">The images, in grey levels as they are.</param>
    public static void Write(Stream stream, ImageDataset images)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(images);
        WriteHeader(stream, "|u1", $"({images.Count}, {images.Height}, {images.Width}, {images.Channels})");
        byte[] image = new byte[images.Dims];
        for (int i = 0; i < images.Count; i++)
        {
            images.Fill([i], image, []);
            stream.Write(image);
        }
    }

    /// <summary>Writes labels as int32 of (N).</summary>
    internal static void Write(Stream stream, int[] labels)
    {
        WriteHeader(stream, "<i4", $"({labels.Length},)");
        byte[] label = new byte[sizeof(int)];
        foreach (int one in labels)
        {
            BinaryPrimitives.WriteInt32LittleEndian(label, one);
            stream.Write(label);
        }
    }

    /// <summary>Writes the header of an array.</summary>
    /// <param name="stream">Where it goes.</param>
    /// <param name="type">The type of the elements, such as &lt;f8.</param>
    /// <param name="shape">The lengths of the axes, in brackets.</param>
    internal static void WriteHeader(Stream stream, string type, string shape)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";

        // Magic, version and the length of the rest; a newline ends the header at a multiple of 64.
        int prefix = NpyHeader.Magic.Length + 4;
        int length = (prefix + header.Length + 1 + Alignment - 1) / Alignment * Alignment - prefix;
        stream.Write(NpyHeader.Magic);
        stream.Write([1, 0, (byte)length, (byte)(length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(header.PadRight(length - 1) + '\n'));
    }
}
