namespace FlowEngine.Data;

/// <summary>How a source of pictures is read.</summary>
/// <param name="Decoder">Reads the formats beside PNG, PPM and PGM; null for none.</param>
/// <param name="Preparation">How pictures become images of one shape; null for as they are.</param>
public sealed record ImageReading(IImageDecoder? Decoder = null, ImagePreparation? Preparation = null)
{
    private static readonly string[] _own = [".png", ".ppm", ".pgm", ".pnm"];

    /// <summary>How pictures become images of one shape.</summary>
    public ImagePreparation Preparation { get; } = Preparation ?? ImagePreparation.None;

    /// <summary>Where pixels are that do not fit into memory, while they are in use.</summary>
    public string ScratchFolder { get; init; } = Path.GetTempPath();

    /// <summary>Told, from any thread, how many pictures of a part are decoded, and all of it; null for nobody.</summary>
    internal Action<long, long>? Progress { get; init; }

    /// <summary>The endings of the files that are read.</summary>
    internal IEnumerable<string> Endings => _own.Union(Decoder?.Endings ?? []);

    /// <summary>True for the file of a picture that is read.</summary>
    /// <param name="file">Its name.</param>
    internal bool Reads(string file) => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    /// <summary>A picture as the data have it.</summary>
    /// <param name="file">A whole file.</param>
    /// <param name="ending">The ending of its name, by which its decoder is known.</param>
    /// <param name="name">What messages call it.</param>
    internal Image Read(byte[] file, string ending, string name)
    {
        ending = ending.ToLowerInvariant();
        Image picture = Decoder is not null && Decoder.Endings.Contains(ending) ? Decoder.Decode(file, name)
            : ending == ".png" ? PngImage.Decode(file, name)
            : PnmImage.Decode(file, name);
        return Preparation.Apply(picture, Decoder, name);
    }

    /// <summary>Refuses a preparation of data that are no pictures: it would be passed over without a word.</summary>
    /// <param name="source">The data.</param>
    internal void RequireNone(string source)
    {
        if (!Preparation.IsNone)
        {
            throw DataFile.Error(
                FlowErrorKind.InvalidArgument,
                source,
                $"holds arrays of one shape, expected files of pictures to prepare ({Preparation})");
        }
    }
}
