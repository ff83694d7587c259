using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>The sizes a training run gets where its user gives none, by the data set.</summary>
/// <param name="Levels">Levels, L.</param>
/// <param name="Steps">Steps of a level, K.</param>
/// <param name="Hidden">Hidden channels of the coupling networks.</param>
internal sealed record DefaultSizes(int Levels, int Steps, int Hidden)
{
    /// <summary>The levels of a RealNVP, whose last one does not halve the image.</summary>
    /// <param name="height">Rows of an image.</param>
    /// <param name="width">Columns of an image.</param>
    /// <param name="isPadded">As in <see cref="For"/>.</param>
    public static int RealNvpLevels(int height, int width, bool isPadded)
    {
        int wanted = Math.Min(height, width) <= 16 ? 2 : 3;
        return Divisible(height, width, isPadded, wanted - 1) + 1;
    }

    /// <summary>Looks a data set up.</summary>
    /// <param name="data">The images.</param>
    /// <param name="height">Their rows, padded where the user says to what.</param>
    /// <param name="width">Their columns, likewise.</param>
    /// <param name="isPadded">True if they are padded to whatever the levels need.</param>
    public static DefaultSizes For(ImageDataset data, int height, int width, bool isPadded)
    {
        int size = Math.Min(height, width);
        if (size <= 16)
        {
            return new DefaultSizes(Levels(2), Steps: 8, Hidden: 64);
        }

        if (size <= 32)
        {
            return new DefaultSizes(Levels(data.Channels >= 3 ? 3 : 2), Steps: 8, Hidden: 128);
        }

        int levels = 1;
        while (size >> (levels + 1) >= 4)
        {
            levels++;
        }

        return new DefaultSizes(Levels(levels), Steps: 16, Hidden: 256);

        // An odd size stays an error, which tells of --pad.
        int Levels(int wanted) => Math.Max(1, Divisible(height, width, isPadded, wanted));
    }

    /// <summary>How often an image is halved: as often as wanted, less where its size does not divide.</summary>
    private static int Divisible(int height, int width, bool isPadded, int wanted)
    {
        while (!isPadded && wanted > 0 && (height | width) % (1 << wanted) != 0)
        {
            wanted--;
        }

        return wanted;
    }
}
