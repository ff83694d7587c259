using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>
/// A masked autoregressive layer: each dimension is shifted and scaled by what a MADE makes of those before it.
/// </summary>
/// <remarks>
/// <para>
/// x, y: (B, H, W, C), D = H·W·C dimensions in that order; (m, r) the mean and raw log scale of each dimension, a
/// function of the dimensions before it: of x in MAF (<see cref="AutoregressiveDirection.Density"/>), of y in IAF
/// (<see cref="AutoregressiveDirection.Sample"/>).
/// </para>
/// <code>
/// Forward     y_d = (x_d - m_d) e^(-a_d);   logDet[b] -= Σ a_d,   a_d = r_d / (1 + |r_d|/3)
/// Inverse     x_d = y_d e^(a_d) + m_d
/// Backward    MAF: dx_d = dy_d e^(-a_d);  dm_d = -dx_d;  dr_d = -(dy_d y_d + dLogDet[b]) / (1 + |r_d|/3)²;
///                  dx += network backward(dm, dr)
///             IAF: from the last dimension to the first, by way of <see cref="IAutoregressiveNetwork.SolveBackward"/>
/// </code>
/// The inverse of MAF and the forward pass of IAF go dimension by dimension. The backward pass of MAF therefore reads
/// the x that the forward pass kept; that of IAF recomputes it in one pass.
/// </remarks>
public sealed class MaskedAutoregressive : IFlowLayer
{
    private readonly int _dims;

    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="dims">D, at least 2.</param>
    /// <param name="hidden">Units of a hidden layer.</param>
    /// <param name="hiddenLayers">Hidden layers.</param>
    /// <param name="direction">Which direction takes one pass.</param>
    /// <param name="conditions">Numbers of a condition that the network reads; 0 for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range.</exception>
    public MaskedAutoregressive(
        ParameterSet parameters,
        string name,
        int dims,
        int hidden,
        int hiddenLayers,
        AutoregressiveDirection direction,
        int conditions = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dims, 2);
        Name = name;
        Direction = direction;
        _dims = dims;
        Network = new Network(
            parameters,
            name,
            new DenseNetworkShape(conditions + dims, hidden, hiddenLayers, 2 * dims, IsAutoregressive: true, conditions));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Which direction takes one pass.</summary>
    public AutoregressiveDirection Direction { get; }

    /// <summary>The MADE.</summary>
    public Network Network { get; }

    private bool IsOfData => Direction == AutoregressiveDirection.Density;

    /// <inheritdoc/>
    public ImageShape OutputShape(ImageShape input)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(input.Dims, _dims);
        return input;
    }

    /// <inheritdoc/>
    public double Multiplications(ImageShape input) => Network.Shape.Multiplications;

    /// <inheritdoc/>
    public long PreparedLength(IBackend backend) => Network.PreparedLength(backend);

    /// <inheritdoc/>
    public void Prepare(in LayerContext context) => Network.Prepare(context);

    /// <inheritdoc/>
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward) =>
        OutputLength(input) + (backward ? OutputLength(input) + Network.KeptLength(backend, Rows(input)) : 0)
        + Math.Max(
            Network.WorkspaceLength(backend, Rows(input), backward),
            Solver(backend).SolveWorkspaceLength(input.Batch));

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape input, bool store) =>
        IsOfData ? input.Length + (store ? OutputLength(input) + Network.KeptLength(backend, Rows(input)) : 0) : 0;

    /// <inheritdoc/>
    public void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet)
    {
        LayerContext inner = Split(context, input, backward: false, out BufferView output, out _, out BufferView kept);
        if (IsOfData)
        {
            if (!context.Kept.IsEmpty)
            {
                context.Backend.Copy(x, KeptInput(context, input));
            }

            Network.Forward(inner, Rows(input), x, output, kept);
        }
        else
        {
            Solve(inner, input, normalize: true, x, y, output);
        }

        context.Backend.AutoregressiveNormalize(input, x, output, y, logDet);
    }

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x)
    {
        LayerContext inner = Split(
            context with { Kept = default }, input, backward: false, out BufferView output, out _, out _);
        if (IsOfData)
        {
            Solve(inner, input, normalize: false, y, x, output);
        }
        else
        {
            Network.Forward(inner, Rows(input), y, output, default);
            context.Backend.AutoregressiveDenormalize(input, y, output, x);
        }
    }

    /// <inheritdoc/>
    public void Backward(
        in LayerContext context,
        ImageShape input,
        BufferView y,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx)
    {
        if (IsOfData)
        {
            BackwardOfData(context, input, y, dy, dLogDet, x, dx);
        }
        else
        {
            BackwardOfNoise(context, input, y, dy, dLogDet, x, dx);
        }
    }

    private static ImageShape Rows(ImageShape input) => new(input.Batch, 1, 1, input.Dims);

    private static long OutputLength(ImageShape input) => 2 * input.Length;

    private static BufferView KeptInput(in LayerContext context, ImageShape input) =>
        context.Kept.Slice(0, input.Length);

    private void BackwardOfData(
        in LayerContext context,
        ImageShape input,
        BufferView y,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx)
    {
        IBackend backend = context.Backend;
        if (context.Kept.IsEmpty)
        {
            Inverse(context, input, y, x);
        }
        else
        {
            backend.Copy(KeptInput(context, input), x);
        }

        LayerContext inner = Split(
            context, input, backward: true, out BufferView output, out BufferView dOutput, out BufferView kept);
        if (!IsStored(context, input))
        {
            Network.Forward(inner, Rows(input), x, output, kept);
        }

        backend.AutoregressiveBackward(input, y, output, dy, dLogDet, dx, dOutput);
        Network.Backward(inner, Rows(input), x, kept, dOutput, dx);
    }

    private void BackwardOfNoise(
        in LayerContext context,
        ImageShape input,
        BufferView y,
        BufferView dy,
        BufferView dLogDet,
        BufferView x,
        BufferView dx)
    {
        IBackend backend = context.Backend;
        LayerContext inner = Split(
            context, input, backward: true, out BufferView output, out BufferView dOutput, out BufferView kept);
        Network.Forward(inner, Rows(input), y, output, kept);
        backend.AutoregressiveDenormalize(input, y, output, x);
        Solver(backend).SolveBackward(
            input, Network.Weights(context), y, output, kept, dy, dLogDet, dx, dOutput, inner.Workspace);
        Network.Backward(inner, Rows(input), y, kept, dOutput, default);
    }

    private IAutoregressiveNetwork Solver(IBackend backend) =>
        (IAutoregressiveNetwork)backend.GetNetwork(Network.Shape);

    private void Solve(
        in LayerContext context,
        ImageShape input,
        bool normalize,
        BufferView known,
        BufferView found,
        BufferView output) =>
        Solver(context.Backend).Solve(
            input,
            Network.Weights(context),
            context.Condition,
            normalize,
            known,
            found,
            output,
            context.Workspace);

    private static bool IsStored(in LayerContext context, ImageShape input) => context.Kept.Length > input.Length;

    /// <summary>
    /// The network's output, its gradient and its hidden activations, in what is kept or in the workspace.
    /// </summary>
    private LayerContext Split(
        in LayerContext context,
        ImageShape input,
        bool backward,
        out BufferView output,
        out BufferView dOutput,
        out BufferView kept)
    {
        long outputLength = OutputLength(input);
        long keptLength = Network.KeptLength(context.Backend, Rows(input));
        bool isStored = IsStored(context, input);
        long used = 0;
        BufferView workspace = context.Workspace;
        BufferView Take(long length)
        {
            BufferView part = workspace.Slice(used, length);
            used += length;
            return part;
        }

        output = isStored ? context.Kept.Slice(input.Length, outputLength) : Take(outputLength);
        dOutput = backward ? Take(outputLength) : default;
        kept = isStored
            ? context.Kept.Slice(input.Length + outputLength, keptLength)
            : backward ? Take(keptLength) : default;
        return context with { Workspace = workspace.Slice(used, workspace.Length - used) };
    }
}
