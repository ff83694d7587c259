using System.Globalization;
using System.IO.Compression;

namespace FlowEngine.Data;

/// <summary>The built-in data set: 1,797 handwritten digits of 8x8 pixels and 17 levels, with labels.</summary>
/// <remarks>UCI "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998), CC BY 4.0.</remarks>
internal static class DigitsReader
{
    private const int Size = 8;

    public static ImageDataset Read()
    {
        using Stream resource = typeof(DigitsReader).Assembly.GetManifestResourceStream("FlowEngine.Data.digits.csv.gz")
            ?? throw new FlowException(FlowErrorKind.Internal, "digits: the built-in data set is not in this build");
        using GZipStream content = new(resource, CompressionMode.Decompress);
        using StreamReader lines = new(content);

        List<byte[]> images = [];
        List<int> labels = [];
        while (lines.ReadLine() is string line)
        {
            string[] fields = line.Split(',');
            images.Add(Array.ConvertAll(fields[..(Size * Size)], f => byte.Parse(f, CultureInfo.InvariantCulture)));
            labels.Add(int.Parse(fields[Size * Size], CultureInfo.InvariantCulture));
        }

        return new ImageDataset("digits", Size, Size, 1, 17, [.. images], [.. labels]);
    }
}
