namespace FlowEngine.Architecture;

/// <summary>What a model has to know of its data before there is one.</summary>
/// <param name="Height">Rows of an image; 1 for the rows of a table.</param>
/// <param name="Width">Columns of an image; 1 for the rows of a table.</param>
/// <param name="Channels">Channels of an image, or columns of a table.</param>
/// <param name="Bins">Grey levels, 2 to 256; null for continuous data.</param>
public sealed record DataShape(int Height, int Width, int Channels, int? Bins)
{
    /// <summary>True where images will be padded to whatever the model's levels need.</summary>
    public bool IsPadded { get; init; }

    /// <summary>The share of the values that have the first or the last grey level, 0 to 1; 0 where it is not known.</summary>
    public double ExtremeShare { get; init; }

    /// <summary>How often the images can be halved: as often as wanted, less where their size does not divide.</summary>
    /// <param name="wanted">How often they are to be.</param>
    public int Halvings(int wanted)
    {
        while (!IsPadded && wanted > 0 && (Height | Width) % (1 << wanted) != 0)
        {
            wanted--;
        }

        return wanted;
    }
}
