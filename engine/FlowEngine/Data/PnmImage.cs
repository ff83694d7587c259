using System.Text;

namespace FlowEngine.Data;

/// <summary>Reads and writes binary PGM (P5, grey) and PPM (P6, RGB) images of 8 bits.</summary>
public static class PnmImage
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The image, of 1 or 3 channels, samples spread over 0..255 if the file's maximum is lower.</returns>
    /// <exception cref="FlowException">Io: the file is unreadable. BadFormat: not P5 or P6, or damaged.</exception>
    public static Image Read(string path) => Decode(DataFile.ReadAllBytes(path), path);

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="file">A whole file of one image.</param>
    /// <param name="name">What error messages call it.</param>
    /// <returns>The image, of 1 or 3 channels, samples spread over 0..255 if the file's maximum is lower.</returns>
    /// <exception cref="FlowException">BadFormat: not P5 or P6, or damaged.</exception>
    public static Image Decode(ReadOnlySpan<byte> file, string name)
    {
        if (file is not [(byte)'P', (byte)'5' or (byte)'6', ..])
        {
            throw DataFile.BadFormat(name, "is not a binary PGM or PPM file, expected P5 or P6");
        }

        int channels = file[1] == '5' ? 1 : 3;
        int position = 2;
        int width = TakeNumber(file, ref position, name);
        int height = TakeNumber(file, ref position, name);
        int maximum = TakeNumber(file, ref position, name);
        if (width == 0 || height == 0 || maximum is < 1 or > 255 || (Int128)height * width * channels > Image.MaxLength)
        {
            throw DataFile.BadFormat(
                name, $"is {height}x{width} with maximum {maximum}, expected a usable size and a maximum of 1 to 255");
        }

        // One white-space byte ends the header.
        int length = height * width * channels;
        if (file.Length - position - 1 != length)
        {
            throw DataFile.BadFormat(
                name, $"has {Math.Max(0, file.Length - position - 1)} bytes of samples, expected {length}");
        }

        byte[] pixels = file[(position + 1)..].ToArray();
        foreach (ref byte sample in pixels.AsSpan())
        {
            sample = sample <= maximum
                ? (byte)((sample * 255 + maximum / 2) / maximum)
                : throw DataFile.BadFormat(name, $"has sample {sample}, expected 0..{maximum}");
        }

        return new Image(height, width, channels, pixels);
    }

    /// <summary>Writes a file: PGM for 1 channel, PPM for 3.</summary>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <param name="image">An image of 1 or 3 channels.</param>
    /// <exception cref="FlowException">Io: the file cannot be written. InvalidArgument: other channels.</exception>
    public static void Write(string path, Image image) => DataFile.WriteAllBytes(path, Encode(image));

    /// <summary>The bytes of a file: PGM for 1 channel, PPM for 3.</summary>
    /// <param name="image">An image of 1 or 3 channels.</param>
    /// <exception cref="FlowException">InvalidArgument: other channels.</exception>
    public static byte[] Encode(Image image)
    {
        if (image is not { Channels: 1 or 3 })
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"PPM: cannot write {image?.Channels ?? 0} channels, expected 1 or 3");
        }

        char kind = image.Channels == 1 ? '5' : '6';
        byte[] header = Encoding.ASCII.GetBytes($"P{kind}\n{image.Width} {image.Height}\n255\n");
        return [.. header, .. image.Pixels];
    }

    /// <summary>Takes white space, comments up to the line's end, and a number.</summary>
    private static int TakeNumber(ReadOnlySpan<byte> file, ref int position, string name)
    {
        int start = position;
        bool isComment = false;
        while (position < file.Length && (isComment || file[position] is (byte)'#' || IsSpace(file[position])))
        {
            isComment = file[position] == '#' || (isComment && file[position] is not ((byte)'\n' or (byte)'\r'));
            position++;
        }

        int digits = position;
        int value = 0;
        for (; position < file.Length && char.IsAsciiDigit((char)file[position]) && position - digits < 9; position++)
        {
            value = value * 10 + file[position] - '0';
        }

        return digits > start && position > digits && position < file.Length && IsSpace(file[position])
            ? value
            : throw DataFile.BadFormat(name, $"has a malformed header at byte {position}, expected a number");
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (>= 9 and <= 13);
}
