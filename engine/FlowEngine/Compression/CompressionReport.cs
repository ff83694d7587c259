namespace FlowEngine.Compression;

/// <summary>What compressing images came to.</summary>
/// <param name="Images">How many.</param>
/// <param name="Dims">Dimensions of one image.</param>
/// <param name="LengthInBytes">Of the whole file.</param>
/// <param name="Blocks">How many blocks.</param>
/// <param name="StoredBlocks">Blocks that are stored as they are, since coding does not make them shorter.</param>
/// <param name="InitialBits">
/// What the blocks begin with: their first images as they are, and what was borrowed beyond.
/// </param>
/// <param name="CodedImages">The images that are coded: all but the first of each coded block.</param>
/// <param name="CodedBits">What these take, initial bits not counted.</param>
public sealed record CompressionReport(
    int Images,
    int Dims,
    long LengthInBytes,
    int Blocks,
    int StoredBlocks,
    double InitialBits,
    int CodedImages,
    double CodedBits)
{
    /// <summary>Bits per dimension of the whole file: header, initial bits and checksums included.</summary>
    public double BitsPerDim => 8.0 * LengthInBytes / ((double)Images * Dims);

    /// <summary>Bits per dimension of the coded images; NaN without any.</summary>
    public double CodedBitsPerDim => CodedBits / ((double)CodedImages * Dims);
}
