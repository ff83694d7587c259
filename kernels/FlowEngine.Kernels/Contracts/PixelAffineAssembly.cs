namespace FlowEngine.Kernels;

/// <summary>One of many affine maps that are assembled together, forward or back.</summary>
/// <param name="Parameters">The parameters: an ActNorm and a convolution.</param>
/// <param name="Map">What the forward assembly fills; empty for the backward one.</param>
/// <param name="PixelsPerImage">P; the backward assembly reads it, as all that follows.</param>
/// <param name="DMatrix">dM, (C, C).</param>
/// <param name="DOffset">dv, (C).</param>
/// <param name="Gradients">Added to.</param>
public readonly record struct PixelAffineAssembly(
    PixelAffineParameters Parameters,
    PixelAffineMap Map,
    int PixelsPerImage = 0,
    BufferView DMatrix = default,
    BufferView DOffset = default,
    PixelAffineParameters Gradients = default);
