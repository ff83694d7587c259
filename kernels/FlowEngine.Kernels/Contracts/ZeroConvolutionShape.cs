namespace FlowEngine.Kernels;

/// <summary>The sizes of a 3x3 convolution that starts at zero and has an output scale.</summary>
/// <param name="InputChannels">I.</param>
/// <param name="OutputChannels">O.</param>
/// <param name="OutsideReadsOne">True: taps outside the image read 1; false: they read 0.</param>
public readonly record struct ZeroConvolutionShape(int InputChannels, int OutputChannels, bool OutsideReadsOne);
