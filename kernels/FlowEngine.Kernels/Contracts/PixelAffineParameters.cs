namespace FlowEngine.Kernels;

/// <summary>
/// The parameters of one affine map per pixel: an ActNorm, an LU-decomposed 1x1 convolution, or the first followed by
/// the second. Views of an absent part are empty. The same type holds the gradients; constants are empty there.
/// </summary>
/// <param name="Channels">C.</param>
/// <param name="Bias">ActNorm b, (C).</param>
/// <param name="LogScale">ActNorm ls, (C).</param>
/// <param name="Lower">L, (C, C) row-major; only the strict lower triangle is used.</param>
/// <param name="Upper">U, (C, C) row-major; only the strict upper triangle is used.</param>
/// <param name="LogDiagonal">ln |s|, (C).</param>
/// <param name="Sign">The constant sign of s, (C), +1 or -1.</param>
/// <param name="Permutation">
/// The constant row order, (C): row i of W is row Permutation[i] of (L + I)(U + diag(s)).
/// </param>
public readonly record struct PixelAffineParameters(
    int Channels,
    BufferView Bias,
    BufferView LogScale,
    BufferView Lower,
    BufferView Upper,
    BufferView LogDiagonal,
    BufferView Sign,
    BufferView Permutation);
