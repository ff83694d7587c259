namespace FlowEngine.Kernels;

/// <summary>The sizes of a Glow coupling network: 3x3 convolution, 1x1 convolution, 3x3 convolution.</summary>
/// <param name="InputChannels">Channels read, I: the first I channels of the image.</param>
/// <param name="Hidden">Hidden channels, N.</param>
/// <param name="OutputChannels">Channels of the output, O.</param>
/// <param name="InnerActNorm">True: an ActNorm after each hidden convolution; false: a bias.</param>
/// <param name="OutsideReadsOne">
/// True: taps of the last convolution outside the image read 1; false: they read 0.
/// </param>
public readonly record struct PixelNetworkShape(
    int InputChannels, int Hidden, int OutputChannels, bool InnerActNorm, bool OutsideReadsOne);
