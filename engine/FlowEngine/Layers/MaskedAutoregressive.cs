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
/// The inverse of MAF and the forward pass of IAF go dimension by dimension; where the network is no
/// <see cref="DenseNetworkShape"/>, in D passes of all of it. The backward pass of MAF therefore reads
/// the x that the forward pass kept; that of IAF recomputes it in one pass.
/// </remarks>
public sealed class MaskedAutoregressive : IFlowLayer
{
    private readonly int _dims;

    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="dims">D.</param>
    /// <param name="network">A masked network of D values: (m, r) of each from those before it.</param>
    /// <param name="direction">Which direction takes one pass; that of samples takes a <see cref="DenseNetworkShape"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range, or the network's do not match.</exception>
    /// <exception cref="ArgumentException">The network cannot be solved for this direction.</exception>
    public MaskedAutoregressive(
        ParameterSet parameters, string name, int dims, NetworkShape network, AutoregressiveDirection direction)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dims);
        ArgumentOutOfRangeException.ThrowIfNotEqual(network.InputChannels - network.Conditions, dims);
        ArgumentOutOfRangeException.ThrowIfNotEqual(network.OutputChannels, 2 * dims);
        if (direction == AutoregressiveDirection.Sample && network is not DenseNetworkShape)
        {
            throw new ArgumentException("the direction of samples takes a plain network with ReLU", nameof(network));
        }

        Name = name;
        Direction = direction;
        _dims = dims;
        Network = new Network(parameters, name, network);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Which direction takes one pass.</summary>
    public AutoregressiveDirection Direction { get; }

    /// <summary>The MADE.</summary>
    public Network Network { get; }

    private bool HasSolver => Network.Shape is DenseNetworkShape;

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
    public long WorkspaceLength(IBackend backend, ImageShape input, bool backward)
    {
        LayerMemory memory = default;
        Declare(ref memory, backend, input, backward, stores: false);
        return memory.WorkspaceLength;
    }

    /// <inheritdoc/>
    public long KeptLength(IBackend backend, ImageShape input, bool store)
    {
        if (!IsOfData)
        {
            return 0;
        }

        LayerMemory memory = new(default, default, keeps: true);
        Declare(ref memory, backend, input, backward: false, store);
        return memory.KeptLength;
    }

    /// <inheritdoc/>
    public void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
    }

    /// <inheritdoc/>
    public void Forward(in LayerContext context, ImageShape input, BufferView x, BufferView y, BufferView logDet)
    {
        Parts parts = Divide(context, input, backward: false);
        if (IsOfData)
        {
            if (!parts.Input.IsEmpty)
            {
                context.Backend.Copy(x, parts.Input);
            }

            Network.Forward(parts.Inner(context), Rows(input), x, parts.Output, parts.Kept);
        }
        else
        {
            Solve(context, parts, input, normalize: true, x, y);
        }

        context.Backend.AutoregressiveNormalize(input, x, parts.Output, y, logDet);
    }

    /// <inheritdoc/>
    public void Inverse(in LayerContext context, ImageShape input, BufferView y, BufferView x)
    {
        Parts parts = Divide(context with { Kept = default }, input, backward: false);
        if (IsOfData)
        {
            Solve(context, parts, input, normalize: false, y, x);
        }
        else
        {
            Network.Forward(parts.Inner(context), Rows(input), y, parts.Output, default);
            context.Backend.AutoregressiveDenormalize(input, y, parts.Output, x);
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
        Parts parts = Divide(context, input, backward: true);
        if (parts.Input.IsEmpty)
        {
            Inverse(context, input, y, x);
        }
        else
        {
            backend.Copy(parts.Input, x);
        }

        LayerContext inner = parts.Inner(context);
        if (!IsStored(context, input))
        {
            Network.Forward(inner, Rows(input), x, parts.Output, parts.Kept);
        }

        backend.AutoregressiveBackward(input, y, parts.Output, dy, dLogDet, dx, parts.OutputGradient);
        Network.Backward(inner, Rows(input), x, parts.Kept, parts.OutputGradient, dx);
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
        Parts parts = Divide(context, input, backward: true);
        LayerContext inner = parts.Inner(context);
        Network.Forward(inner, Rows(input), y, parts.Output, parts.Kept);
        backend.AutoregressiveDenormalize(input, y, parts.Output, x);
        Solver(backend).SolveBackward(
            input,
            Network.Weights(context),
            y,
            parts.Output,
            parts.Kept,
            dy,
            dLogDet,
            dx,
            parts.OutputGradient,
            parts.Workspace);
        Network.Backward(inner, Rows(input), y, parts.Kept, parts.OutputGradient, default);
    }

    private IAutoregressiveNetwork Solver(IBackend backend) =>
        (IAutoregressiveNetwork)backend.GetNetwork(Network.Shape);

    private void Solve(
        in LayerContext context, in Parts parts, ImageShape input, bool normalize, BufferView known, BufferView found)
    {
        if (!HasSolver)
        {
            context.Backend.Copy(known, found);
            for (int pass = 0; pass < _dims; pass++)
            {
                Network.Forward(parts.Inner(context), Rows(input), found, parts.Output, default);
                context.Backend.AutoregressiveDenormalize(input, known, parts.Output, found);
            }

            return;
        }

        Solver(context.Backend).Solve(
            input,
            Network.Weights(context),
            context.Condition,
            normalize,
            known,
            found,
            parts.Output,
            parts.Workspace);
    }

    // More than x is kept.
    private bool IsStored(in LayerContext context, ImageShape input) =>
        context.Kept.Length > KeptLength(context.Backend, input, store: false);

    // x is kept in any case, the output and the hidden activations where memory may grow with depth.
    private Parts Declare(ref LayerMemory memory, IBackend backend, ImageShape input, bool backward, bool stores)
    {
        BufferView x = memory.Keeps ? memory.Keep(input.Length) : default;
        long kept = Network.KeptLength(backend, Rows(input));
        return new Parts(
            x,
            stores ? memory.Keep(OutputLength(input)) : memory.Take(OutputLength(input)),
            stores ? memory.Keep(kept) : backward ? memory.Take(kept) : default,
            backward ? memory.Take(OutputLength(input)) : default,
            memory.Take(Math.Max(
                Network.WorkspaceLength(backend, Rows(input), backward),
                HasSolver ? Solver(backend).SolveWorkspaceLength(input.Batch) : 0)));
    }

    private Parts Divide(in LayerContext context, ImageShape input, bool backward)
    {
        LayerMemory memory = new(context.Workspace, context.Kept, keeps: !context.Kept.IsEmpty);
        return Declare(ref memory, context.Backend, input, backward, IsStored(context, input));
    }

    private readonly record struct Parts(
        BufferView Input, BufferView Output, BufferView Kept, BufferView OutputGradient, BufferView Workspace)
    {
        public LayerContext Inner(in LayerContext context) => context with { Workspace = Workspace };
    }
}
