namespace FlowEngine.Kernels;

/// <remarks>
/// RealNVP's affine coupling. x at the values that a <see cref="CouplingMask"/> moves is scaled and shifted; the rest passes.
/// The network's output is (B, H, W, 2n), the raw log scales r, then the shifts t; f is a learned factor of each moved
/// channel, (n). What the output holds at pixels that pass is not read.
/// <code>
/// s = f tanh r;  y = x e^s + t;  logDet[b] += Σ s
/// x = (y - t) e^(-s)
/// ds = dy x e^s + dLogDet[b];  dx = e^s dy;  dt = dy;  dr = ds f (1 - tanh² r);  df[c] += Σ ds tanh r
/// </code>
/// |s| never exceeds |f|. Where a value passes, y = x, dx = dy and dr = dt = 0.
/// </remarks>
public partial interface IBackend
{
    /// <summary>What the network reads: x where it passes, see <see cref="CouplingMask.InputChannels"/>.</summary>
    /// <param name="shape">The shape of <paramref name="x"/>.</param>
    /// <param name="mask">What is moved.</param>
    /// <param name="x">(B, H, W, C); x and y give the same.</param>
    /// <param name="input">(B, H, W, I), overwritten.</param>
    void MaskedCouplingInput(ImageShape shape, CouplingMask mask, BufferView x, BufferView input);

    /// <summary>Adds the gradient of the network's input to dx where x passes.</summary>
    /// <param name="shape">The shape of <paramref name="dx"/>.</param>
    /// <param name="mask">What is moved.</param>
    /// <param name="dInput">(B, H, W, I).</param>
    /// <param name="dx">(B, H, W, C), added to.</param>
    void MaskedCouplingInputBackward(ImageShape shape, CouplingMask mask, BufferView dInput, BufferView dx);

    /// <summary>x to y.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="mask">What is moved.</param>
    /// <param name="factor">f, (n).</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="output">The network's output.</param>
    /// <param name="y">(B, H, W, C), overwritten.</param>
    /// <param name="logDet">(B), added to.</param>
    void MaskedCouplingForward(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView x,
        BufferView output,
        BufferView y,
        BufferView logDet);

    /// <summary>y to x.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="mask">What is moved.</param>
    /// <param name="factor">f, (n).</param>
    /// <param name="y">(B, H, W, C).</param>
    /// <param name="output">The network's output.</param>
    /// <param name="x">(B, H, W, C), overwritten.</param>
    void MaskedCouplingInverse(
        ImageShape shape, CouplingMask mask, BufferView factor, BufferView y, BufferView output, BufferView x);

    /// <summary>The workspace of <see cref="MaskedCouplingBackward"/>, in elements.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="mask">What is moved.</param>
    long MaskedCouplingWorkspaceLength(ImageShape shape, CouplingMask mask);

    /// <summary>The gradients of the coupling; that of the network is added afterwards.</summary>
    /// <param name="shape">The shape of x and y.</param>
    /// <param name="mask">What is moved.</param>
    /// <param name="factor">f, (n).</param>
    /// <param name="x">(B, H, W, C).</param>
    /// <param name="output">The network's output.</param>
    /// <param name="dy">(B, H, W, C).</param>
    /// <param name="dLogDet">(B).</param>
    /// <param name="dx">(B, H, W, C), overwritten.</param>
    /// <param name="dOutput">(B, H, W, 2n), overwritten.</param>
    /// <param name="dFactor">(n), added to.</param>
    /// <param name="workspace">Scratch.</param>
    void MaskedCouplingBackward(
        ImageShape shape,
        CouplingMask mask,
        BufferView factor,
        BufferView x,
        BufferView output,
        BufferView dy,
        BufferView dLogDet,
        BufferView dx,
        BufferView dOutput,
        BufferView dFactor,
        BufferView workspace);
}
