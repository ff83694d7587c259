namespace FlowEngine.Kernels.Networks;

/// <summary>
/// What the pixel networks of all backends share: their output is the sum of tap values, which lie in front of the
/// workspace, and inner ActNorms are initialized layer by layer.
/// </summary>
internal abstract class TapNetwork(IBackend backend, PixelNetworkShape shape) : IPixelNetwork
{
    private IPixelStage? _affine;
    private IPixelStage? _additive;

    public PixelNetworkShape Shape { get; } = shape;

    public abstract long PreparedLength(bool backward);

    public abstract void Prepare(in NetworkWeights weights);

    public abstract long KeptLength(ImageShape image);

    public long WorkspaceLength(ImageShape image, bool backward)
    {
        long forward = NetworkShape.Aligned(TapsLength(image)) + ScratchLength(image, backward: false);
        return backward ? Math.Max(forward, ScratchLength(image, backward: true)) : forward;
    }

    public void Initialize(
        ImageShape image, in NetworkWeights weights, BufferView x, BufferView kept, BufferView workspace)
    {
        if (!Shape.InnerActNorm)
        {
            return;
        }

        PixelNetworkParameters parameters = PixelNetworkParameters.Of(Shape, weights.Parameters);
        for (int layer = 1; layer <= 2; layer++)
        {
            (BufferView mean, BufferView deviation) = layer == 1
                ? (parameters.Bias1, parameters.LogScale1)
                : (parameters.Bias2, parameters.LogScale2);
            backend.Fill(mean, 0);
            backend.Fill(deviation, 0);
            Prepare(weights);
            Statistics(image, weights, x, layer, mean, deviation, kept, workspace);
            ActNormStart.FromStatistics(backend, mean, deviation);
            Prepare(weights);
        }
    }

    public void Forward(
        ImageShape image,
        in NetworkWeights weights,
        BufferView x,
        BufferView output,
        BufferView kept,
        BufferView workspace) =>
        AddTaps(image, weights, ForwardToTaps(image, weights, x, kept, workspace), output);

    public BufferView ForwardToTaps(
        ImageShape image, in NetworkWeights weights, BufferView x, BufferView kept, BufferView workspace)
    {
        BufferView taps = workspace.Slice(0, TapsLength(image));
        long used = NetworkShape.Aligned(taps.Length);
        RunToTaps(image, weights, x, taps, kept, workspace.Slice(used, workspace.Length - used));
        return taps;
    }

    public abstract void Statistics(
        ImageShape image,
        in NetworkWeights weights,
        BufferView x,
        int layer,
        BufferView mean,
        BufferView deviation,
        BufferView kept,
        BufferView workspace);

    public abstract void Backward(
        ImageShape image,
        in NetworkWeights weights,
        BufferView x,
        BufferView kept,
        BufferView dOutput,
        BufferView dx,
        BufferView workspace);

    public IPixelStage Stage(CouplingKind kind) => kind == CouplingKind.Affine
        ? _affine ??= CreateStage(kind)
        : _additive ??= CreateStage(kind);

    /// <summary>The elements that the tap values of a batch take.</summary>
    /// <param name="image">The shape of the image; its channels may be more than the network reads.</param>
    protected abstract long TapsLength(ImageShape image);

    /// <summary>The workspace without the taps.</summary>
    /// <param name="image">The shape of the image.</param>
    /// <param name="backward">True for the backward pass.</param>
    protected abstract long ScratchLength(ImageShape image, bool backward);

    protected abstract void RunToTaps(
        ImageShape image,
        in NetworkWeights weights,
        BufferView x,
        BufferView taps,
        BufferView kept,
        BufferView scratch);

    /// <summary>Shifts and adds the tap values.</summary>
    /// <param name="image">The shape of the image.</param>
    /// <param name="weights">Prepared weights.</param>
    /// <param name="taps">From <see cref="RunToTaps"/>.</param>
    /// <param name="output">(B, H, W, O), overwritten.</param>
    public abstract void AddTaps(
        ImageShape image, in NetworkWeights weights, BufferView taps, BufferView output);

    protected abstract IPixelStage CreateStage(CouplingKind kind);
}
