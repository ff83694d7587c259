using FlowEngine.Kernels;
using FlowEngine.Tensors;

namespace FlowEngine.Layers;

/// <summary>Invertible 1x1 convolution whose weight is kept as an LU decomposition: it can never become singular.</summary>
/// <remarks>
/// <para>
/// Kingma and Dhariwal, "Glow" (2018), section 3.2. x, y: (B, H, W, C); logDet: (B), nats; P = H·W.
/// W = Perm (L + I)(U + diag(s)), s = sign · exp(logDiagonal); Perm and sign are constants.
/// </para>
/// <code>
/// Forward     y_p = W x_p;   logDet[b] += P · Σ logDiagonal
/// Inverse     x_p = W⁻¹ y_p, by two triangular solves
/// Backward    dx = Wᵀ dy;  G = Σ dy xᵀ;  A = Permᵀ G;  dL = tril(A U'ᵀ, -1);  T = (L + I)ᵀ A;  dU = triu(T, 1)
///             dlogDiagonal = diag(T) · s + P · Σ_b dLogDet,   U' = U + diag(s)
/// </code>
/// It starts as a random rotation.
/// </remarks>
public sealed class InvertibleConv1x1 : PixelAffineLayer
{
    private readonly Parameter _lower;
    private readonly Parameter _upper;
    private readonly Parameter _logDiagonal;
    private readonly Parameter _sign;
    private readonly Parameter _permutation;

    /// <summary>Creates a layer.</summary>
    /// <param name="parameters">Where its parameters go.</param>
    /// <param name="name">Its path in the model.</param>
    /// <param name="channels">The channel count C.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="channels"/> is not positive.</exception>
    public InvertibleConv1x1(ParameterSet parameters, string name, int channels)
        : base(name, channels)
    {
        // One rotation serves five arrays: the first to be initialized draws it, the last lets it go.
        PluFactors? factors = null;
        PluFactors Draw(HostRandom random)
        {
            return factors ??= PluFactors.Factor(Rotation(random, channels), channels)!;
        }

        _lower = parameters.Add($"{name}.lower", [channels, channels], (random, _) => Draw(random).Lower);
        _upper = parameters.Add($"{name}.upper", [channels, channels], (random, _) => Draw(random).Upper);
        _logDiagonal = parameters.Add($"{name}.log_diagonal", [channels], (random, _) => Draw(random).LogDiagonal);
        _sign = parameters.AddConstant($"{name}.sign", [channels], (random, _) => Draw(random).Sign);
        _permutation = parameters.AddConstant($"{name}.permutation", [channels], (random, _) =>
        {
            double[] permutation = [.. Draw(random).Permutation];
            factors = null;
            return permutation;
        });
    }

    /// <inheritdoc/>
    public override double Multiplications(ImageShape input) =>
        (double)input.PixelsPerImage * input.Channels * input.Channels;

    /// <inheritdoc/>
    public override void Initialize(in LayerContext context, ImageShape input, BufferView x)
    {
    }

    internal PixelAffineParameters With(in LayerContext context, BufferView bias, BufferView logScale, bool gradients) =>
        gradients
            ? new(
                Channels,
                bias,
                logScale,
                context.Gradient(_lower),
                context.Gradient(_upper),
                context.Gradient(_logDiagonal),
                default,
                default)
            : new(
                Channels,
                bias,
                logScale,
                context.Value(_lower),
                context.Value(_upper),
                context.Value(_logDiagonal),
                context.Value(_sign),
                context.Value(_permutation));

    internal override PixelAffineParameters Parameters(in LayerContext context) =>
        With(context, default, default, gradients: false);

    private protected override PixelAffineParameters Gradients(in LayerContext context) =>
        With(context, default, default, gradients: true);

    /// <summary>A random rotation: normal rows made orthonormal by Gram and Schmidt, twice for accuracy.</summary>
    private static double[] Rotation(HostRandom random, int size)
    {
        double[] rows = random.Normal(size * size);
        for (int r = 0; r < size; r++)
        {
            Span<double> row = rows.AsSpan(r * size, size);
            for (int previous = 0; previous < 2 * r; previous++)
            {
                Span<double> other = rows.AsSpan(previous % r * size, size);
                AddScaled(row, other, -Dot(row, other));
            }

            double norm = Math.Sqrt(Dot(row, row));
            for (int c = 0; c < size; c++)
            {
                row[c] /= norm;
            }
        }

        return rows;
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static void AddScaled(Span<double> a, ReadOnlySpan<double> b, double scale)
    {
        for (int i = 0; i < a.Length; i++)
        {
            a[i] += scale * b[i];
        }
    }
}
