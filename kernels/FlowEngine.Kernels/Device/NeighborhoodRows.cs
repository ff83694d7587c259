namespace FlowEngine.Kernels.Device;

/// <summary>The 3x3 neighborhoods of pixels as the rows of a matrix, (pixel, tap · Gathered + channel).</summary>
/// <param name="Pixels">B·P.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="Channels">The channels of a pixel.</param>
/// <param name="Gathered">The first channels, those that belong to a tap.</param>
/// <param name="Mirrored">
/// 0 if a tap holds the pixel that it reads; 1 if the pixel that its value is added to: the gradients of tap values.
/// </param>
internal readonly record struct NeighborhoodRows(
    int Pixels, int Height, int Width, int Channels, int Gathered, int Mirrored);
