namespace FlowEngine.Data;

/// <summary>Reads and writes PNG images (ISO/IEC 15948) as 8-bit grey or RGB.</summary>
/// <remarks>
/// Reading takes every color type, bit depth, filter and interlacing. Alpha and transparency are dropped, palettes
/// become RGB, 16-bit samples are rounded to 8 bits, shallower ones are spread over 0..255. Checksums are verified, and
/// no size in a file is believed that its length cannot hold.
/// </remarks>
public static class PngImage
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The image, of 1 or 3 channels.</returns>
    /// <exception cref="FlowException">Io: the file cannot be read. BadFormat: it is no PNG or is damaged.</exception>
    public static Image Read(string path) => Decode(DataFile.ReadAllBytes(path), path);

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="file">A whole PNG file.</param>
    /// <param name="name">What error messages call it.</param>
    /// <returns>The image, of 1 or 3 channels.</returns>
    /// <exception cref="FlowException">BadFormat: the bytes are no PNG or are damaged.</exception>
    public static Image Decode(ReadOnlySpan<byte> file, string name) => PngDecoder.Decode(file, name);

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <param name="image">An image of 1 or 3 channels.</param>
    /// <exception cref="FlowException">Io: the file cannot be written. InvalidArgument: other channels.</exception>
    public static void Write(string path, Image image) => DataFile.WriteAllBytes(path, Encode(image));

    /// <summary>The bytes of a PNG file; the same image gives the same bytes on one version of .NET.</summary>
    /// <param name="image">An image of 1 or 3 channels.</param>
    /// <exception cref="FlowException">InvalidArgument: other channels.</exception>
    public static byte[] Encode(Image image) => PngEncoder.Encode(image);
}
