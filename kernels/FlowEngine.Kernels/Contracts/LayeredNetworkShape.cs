namespace FlowEngine.Kernels;

/// <summary>
/// A dense network of any widths, activation and masks, plain or of residual blocks: what flows of other libraries have.
/// </summary>
/// <remarks>
/// <para>
/// c is the condition, x what the network reads beside it, act the activation, ⊙ the product of elements. Every linear map
/// has a weight, (out, in), and a bias; where there are <see cref="Degrees"/>, weights outside the masks are not read, and
/// their gradients are not written.
/// </para>
/// <code>
/// First       z = W [c, x] + b,  or, where the condition is added, z = W x + b + act(W_c c + b_c)
/// Plain       z_l = W_l act(z_{l-1}) + b_l;  output = W act(z_{L-1}) + b
/// Residual    z_k = z_{k-1} + q,  q = W″ act(W′ act(z_{k-1}) + b′) + b″, with gates q ⊙ σ(W_g c + b_g)
///             q = W″ act(W′ act(z_{k-1}) + b′ + W_c c + b_c) + b″ where the condition is added to blocks
///             output = W z_K + b
/// </code>
/// <para>
/// What is kept for the backward pass are the sums z, of which act(z) and its slope are made again. Hidden weights start
/// from N(0, 2 / n), n the inputs a unit reads, those of a condition from N(0, 1 / n); biases and the end of each residual
/// block from zero.
/// </para>
/// </remarks>
public sealed record LayeredNetworkShape : NetworkShape
{
    private LayeredNetworkPlan? _plan;

    /// <summary>Sizes of a network.</summary>
    /// <param name="inputChannels">I, of which the first <paramref name="conditions"/> are the condition.</param>
    /// <param name="hidden">The units of each hidden layer; of a residual network those of each block, all the same.</param>
    /// <param name="outputChannels">O.</param>
    /// <param name="conditions">Numbers of the condition; fewer than the inputs.</param>
    /// <exception cref="ArgumentException">There is no hidden layer, or nothing but a condition is read.</exception>
    public LayeredNetworkShape(int inputChannels, IReadOnlyList<int> hidden, int outputChannels, int conditions = 0)
        : base(inputChannels, outputChannels, conditions)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(conditions, inputChannels);
        if (hidden.Count == 0 || hidden.Any(width => width < 1))
        {
            throw new ArgumentException("expected a positive number of units for each of one or more layers", nameof(hidden));
        }

        Hidden = [.. hidden];
    }

    private LayeredNetworkShape(LayeredNetworkShape other)
        : base(other)
    {
        // The plan is made again: what is copied is about to change.
        Hidden = other.Hidden;
        Activation = other.Activation;
        Leak = other.Leak;
        IsResidual = other.IsResidual;
        HasGates = other.HasGates;
        AddsCondition = other.AddsCondition;
        AddsToBlocks = other.AddsToBlocks;
        Degrees = other.Degrees;
        StartsAtZero = other.StartsAtZero;
    }

    /// <summary>The units of each hidden layer, or of each residual block.</summary>
    public IReadOnlyList<int> Hidden { get; }

    /// <summary>What hidden units make of their sums.</summary>
    public Activation Activation { get; init; }

    /// <summary>The slope of <see cref="Activation.LeakyRelu"/> below 0.</summary>
    public double Leak { get; init; } = 0.01;

    /// <summary>True for residual blocks.</summary>
    public bool IsResidual { get; init; }

    /// <summary>True if the condition gates each residual block.</summary>
    public bool HasGates { get; init; }

    /// <summary>True if a linear map of the condition is added to the first layer, which then does not read it.</summary>
    public bool AddsCondition { get; init; }

    /// <summary>True if a linear map of the condition is added to the sums inside each residual block.</summary>
    public bool AddsToBlocks { get; init; }

    /// <summary>The masks; null for none.</summary>
    public UnitDegrees? Degrees { get; init; }

    /// <summary>True if the output layer's weight starts from zero, false if from N(0, 1 / n).</summary>
    public bool StartsAtZero { get; init; } = true;

    /// <inheritdoc/>
    public override IEnumerable<NetworkParameter> Parameters
    {
        get
        {
            foreach (NetworkLayer layer in Plan.Layers)
            {
                yield return new($"{layer.Name}.weight", [layer.Outputs, layer.Inputs])
                {
                    Deviation = layer.Start == 0
                        ? null
                        : i => layer.Reads(i / layer.Inputs, i % layer.Inputs)
                            ? layer.Start / Math.Sqrt(layer.ReadsOf(i / layer.Inputs))
                            : 0,
                };
                yield return new($"{layer.Name}.bias", [layer.Outputs]);
            }
        }
    }

    /// <inheritdoc/>
    public override long ParametersLength => Plan.ParametersLength;

    /// <inheritdoc/>
    public override long Multiplications => Plan.Multiplications;

    /// <summary>The linear maps and steps.</summary>
    internal LayeredNetworkPlan Plan => _plan ??= new(Checked());

    /// <summary>True for a network of the same sizes.</summary>
    /// <param name="other">Another network.</param>
    public bool Equals(LayeredNetworkShape? other) =>
        base.Equals(other)
        && Hidden.SequenceEqual(other.Hidden)
        && Activation == other.Activation
        && Leak == other.Leak
        && IsResidual == other.IsResidual
        && HasGates == other.HasGates
        && AddsCondition == other.AddsCondition
        && AddsToBlocks == other.AddsToBlocks
        && StartsAtZero == other.StartsAtZero
        && Equals(Degrees, other.Degrees);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(base.GetHashCode(), Hidden.Count, Hidden[0], Activation, IsResidual, HasGates, AddsCondition);

    private LayeredNetworkShape Checked()
    {
        if (IsResidual && Hidden.Any(width => width != Hidden[0]))
        {
            throw new ArgumentException("the blocks of a residual network differ in width, expected one width for all");
        }

        if ((HasGates || AddsCondition || AddsToBlocks) && Conditions == 0)
        {
            throw new ArgumentException("a network without a condition can neither be gated by one nor add it");
        }

        if ((HasGates || AddsToBlocks) && !IsResidual)
        {
            throw new ArgumentException("only residual networks have blocks that a condition gates or is added to");
        }

        IEnumerable<int> widths = IsResidual ? Hidden.Take(1) : Hidden;
        if (Degrees is not null
            && !(Degrees.Inputs.Count == InputChannels - Conditions
                && Degrees.Outputs.Count == OutputChannels
                && Degrees.Hidden.Select(layer => layer.Count).SequenceEqual(widths)))
        {
            throw new ArgumentException(
                $"degrees do not match the network: expected {InputChannels - Conditions} of inputs, "
                + $"{string.Join(", ", widths)} of hidden units and {OutputChannels} of outputs");
        }

        return this;
    }
}
