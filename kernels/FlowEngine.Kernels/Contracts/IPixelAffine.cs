namespace FlowEngine.Kernels;

/// <summary>The affine maps of pixels: an ActNorm and a 1x1 convolution as one.</summary>
/// <remarks>
/// ActNorm and the 1x1 convolution after it are one affine map per pixel. With e = exp(ls),
/// W = Perm (L + I)(U + diag(s)), s = sign · exp(logDiagonal):
/// <code>
/// M = W diag(e),  v = W (e · b),  ln|det M| = Σ ls + Σ logDiagonal
/// Forward     y = M x + v;   logDet[b] += P · ln|det M|
/// Inverse     x = M⁻¹ y - M⁻¹ v
/// Backward    dx = Mᵀ dy;  dM += Σ dy xᵀ;  dv += Σ dy
/// Assembly    dW = dM diag(e) + dv (e·b)ᵀ;  de_c = Σ_r W_rc dM_rc + b_c (Wᵀ dv)_c;  db += e · (Wᵀ dv)
///             dls += e · de + P Σ_b dLogDet
///             A = Permᵀ dW;  dL += tril(A U'ᵀ, -1);  T = (L + I)ᵀ A;  dU += triu(T, 1)
///             dlogDiagonal += diag(T) · s + P Σ_b dLogDet,   U' = U + diag(s)
/// </code>
/// With the convolution absent W = I; with the ActNorm absent e = 1, b = 0.
/// </remarks>
public interface IPixelAffine
{
    /// <summary>Assembles M, v and ln|det M|, in float64, and M⁻¹ by two triangular solves if asked for.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="map">Overwritten.</param>
    /// <param name="inverse">True to fill <see cref="PixelAffineMap.InverseMatrix"/> and its offset.</param>
    void Assemble(in PixelAffineParameters parameters, in PixelAffineMap map, bool inverse);

    /// <summary>The chain rule from (dM, dv) to the parameters, in float64.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="pixelsPerImage">P.</param>
    /// <param name="dMatrix">dM, (C, C).</param>
    /// <param name="dOffset">dv, (C).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="gradients">Added to.</param>
    void AssembleBackward(
        in PixelAffineParameters parameters,
        int pixelsPerImage,
        BufferView dMatrix,
        BufferView dOffset,
        BufferView dLogDet,
        in PixelAffineParameters gradients);

    /// <summary>
    /// Makes an operation that runs <see cref="Assemble"/> for many maps at once, to the same bits.
    /// </summary>
    /// <param name="assemblies">
    /// The maps, at least one; their parameters lie in one buffer, their constants in one, their maps in one.
    /// </param>
    /// <param name="inverse">True to fill the inverses.</param>
    IRecording AssembleAll(IReadOnlyList<PixelAffineAssembly> assemblies, bool inverse);

    /// <summary>
    /// Makes an operation that runs <see cref="AssembleBackward"/> for many maps at once, to the same bits.
    /// </summary>
    /// <param name="assemblies">
    /// The maps, at least one; parameters, constants, dM and dv, and gradients lie in one buffer each.
    /// </param>
    /// <param name="dLogDet">(B).</param>
    IRecording AssembleAllBackward(IReadOnlyList<PixelAffineAssembly> assemblies, BufferView dLogDet);

    /// <summary>y = M x + v for every pixel.</summary>
    /// <param name="shape">The shape of y, and of x unless the map squeezes.</param>
    /// <param name="map">The map.</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="y">(B, H, W, C); may be <paramref name="x"/> itself.</param>
    /// <param name="logDet">(B), added to; empty to leave out.</param>
    void Forward(
        ImageShape shape, in PixelAffineMap map, BufferView x, BufferView y, BufferView logDet);

    /// <summary>x = M⁻¹ y - M⁻¹ v for every pixel.</summary>
    /// <param name="shape">The shape of y, and of x unless the map squeezes.</param>
    /// <param name="map">The map, assembled with its inverse.</param>
    /// <param name="y">(B, H, W, C).</param>
    /// <param name="x">(B, H, W, C); may be <paramref name="y"/> itself.</param>
    void Inverse(ImageShape shape, in PixelAffineMap map, BufferView y, BufferView x);

    /// <summary>The workspace of <see cref="Backward"/>, in elements.</summary>
    /// <param name="shape">The shape of x.</param>
    long WorkspaceLength(ImageShape shape);

    /// <summary>dx = Mᵀ dy, dM = Σ dy xᵀ, dv = Σ dy. dM and dv are overwritten: they are not parameters.</summary>
    /// <param name="shape">The shape of y, and of x unless the map squeezes.</param>
    /// <param name="map">The map.</param>
    /// <param name="x">The input of the forward pass, (B, H, W, C).</param>
    /// <param name="dy">(B, H, W, C).</param>
    /// <param name="dx">(B, H, W, C); may be <paramref name="dy"/> itself.</param>
    /// <param name="dMatrix">(C, C), overwritten.</param>
    /// <param name="dOffset">(C), overwritten.</param>
    /// <param name="workspace"><see cref="WorkspaceLength"/> elements.</param>
    void Backward(
        ImageShape shape,
        in PixelAffineMap map,
        BufferView x,
        BufferView dy,
        BufferView dx,
        BufferView dMatrix,
        BufferView dOffset,
        BufferView workspace);
}
