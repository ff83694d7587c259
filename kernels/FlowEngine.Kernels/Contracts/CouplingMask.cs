namespace FlowEngine.Kernels;

/// <summary>
/// Which values a masked coupling moves: a run of channels, at every pixel or at those of one color of a checkerboard.
/// </summary>
/// <remarks>
/// Pixel (row, column) has the color (row + column) mod 2. What is not moved passes unchanged and feeds the network.
/// </remarks>
/// <param name="FirstChannel">The first channel that is moved.</param>
/// <param name="Channels">How many are moved, n.</param>
/// <param name="Color">0 or 1: only pixels of this color are moved; null: all are.</param>
public readonly record struct CouplingMask(int FirstChannel, int Channels, int? Color)
{
    /// <summary>Channels of the network's output: n raw log scales, then n shifts.</summary>
    public int OutputChannels => 2 * Channels;

    /// <summary>Moves every channel at the pixels of one color.</summary>
    /// <param name="channels">C.</param>
    /// <param name="color">0 or 1.</param>
    public static CouplingMask Checkerboard(int channels, int color) => new(0, channels, color);

    /// <summary>Moves the last ⌈C/2⌉ channels at every pixel, or the first ⌊C/2⌋.</summary>
    /// <param name="channels">C, at least 2.</param>
    /// <param name="movesFirst">True for the first.</param>
    public static CouplingMask Half(int channels, bool movesFirst) =>
        movesFirst ? new(0, channels / 2, null) : new(channels / 2, channels - (channels / 2), null);

    /// <summary>
    /// Channels of the network's input: with colors all C, 0 where they are moved, and a last one that is 1 where they
    /// pass and 0 elsewhere; without colors those that pass, in order.
    /// </summary>
    /// <param name="channels">C.</param>
    public int InputChannels(int channels) => Color is null ? channels - Channels : channels + 1;

    /// <summary>True if a pixel's channels of the run are moved.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="column">Its column.</param>
    public bool Moves(int row, int column) => Color is null || ((row + column) & 1) == Color;
}
