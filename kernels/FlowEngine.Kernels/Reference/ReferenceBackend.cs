using System.Collections.Concurrent;
using System.Numerics;
using FlowEngine.Kernels.Host;

namespace FlowEngine.Kernels.Reference;

/// <summary>
/// The operations written straight from their formulae, one element after the other on one thread: what the tests
/// trust. One file per family of operations.
/// </summary>
/// <typeparam name="T">The type the values are stored in: float or double.</typeparam>
/// <remarks>
/// Elements are read as <typeparamref name="T"/>, worked on in float64 and rounded once, where they are stored. All
/// sums (convolutions, LogDet, gradients) are float64 and run in the order of the indices. A view holds fewer than 2³¹
/// elements. It may allocate where other backends may not.
/// </remarks>
public sealed partial class ReferenceBackend<T> : HostBackend<T>, IBackend
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ConcurrentDictionary<NetworkShape, INetwork> _networks = new();

    /// <summary>A backend.</summary>
    /// <param name="precision">
    /// What the factors of a coupling network's products are rounded to, as float32 numbers: to judge backends that do.
    /// </param>
    public ReferenceBackend(NetworkPrecision precision = NetworkPrecision.Full)
    {
        NetworkPrecision = precision;
        PixelAffine = new PixelAffineMaps(this);
        Splines = new SplineMaps();
    }

    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public override NetworkPrecision NetworkPrecision { get; }

    /// <inheritdoc/>
    public IPixelAffine PixelAffine { get; }

    /// <inheritdoc/>
    public ISplines Splines { get; }

    /// <inheritdoc/>
    public INetwork GetNetwork(NetworkShape shape) =>
        _networks.GetOrAdd(shape, static (shape, backend) => backend.CreateNetwork(shape), this);

    /// <summary>Does nothing: buffers belong to who allocated them.</summary>
    public void Dispose()
    {
    }

    private INetwork CreateNetwork(NetworkShape shape) => shape switch
    {
        PixelNetworkShape pixel => new PixelNetwork(this, pixel),
        DenseNetworkShape { IsAutoregressive: true } dense => new AutoregressiveNetwork(dense),
        DenseNetworkShape dense => new DenseNetwork(dense),
        LayeredNetworkShape layered => new LayeredNetwork(layered),
        ResidualNetworkShape residual => new ResidualNetwork(residual),
        ZeroConvolutionShape convolution => new ZeroConvolution(convolution),
        _ => throw new NotSupportedException($"{Name} has no network of a {shape.GetType().Name}"),
    };

    // A span, so that every index below is checked.
    private static unsafe Span<T> Elements(BufferView view, long length) =>
        new(Pointer(view, length), checked((int)length));

    private static Span<T> ElementsOrNone(BufferView view, long length) =>
        view.IsEmpty ? default : Elements(view, length);

    private static double Wide(T value) => double.CreateTruncating(value);

    private static T Round(double value) => T.CreateTruncating(value);

    private static void WideRow(ReadOnlySpan<T> from, double[] to)
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = Wide(from[i]);
        }
    }

    private static void RoundRow(double[] from, Span<T> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Round(from[i]);
        }
    }

    // A factor of a network's product: to nearest with 11 significant bits, ties away from zero, or with 8, ties to even.
    private double Operand(double value) => NetworkPrecision switch
    {
        NetworkPrecision.TensorFloat32 => Significant((float)value, 11, MidpointRounding.AwayFromZero),
        NetworkPrecision.BFloat16 => Significant((float)value, 8, MidpointRounding.ToEven),
        _ => value,
    };

    private double[] Operands(double[] values) => [.. values.Select(Operand)];

    private static double Significant(float value, int bits, MidpointRounding ties)
    {
        if (value == 0 || !float.IsFinite(value))
        {
            return value;
        }

        int places = bits - 1 - Math.ILogB(value);
        return Math.ScaleB(Math.Round(Math.ScaleB(value, places), ties), -places);
    }

    private static void Add(ref T element, double value) => element = Round(Wide(element) + value);

    private static void AddAll(ReadOnlySpan<double> values, Span<T> elements)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Add(ref elements[i], values[i]);
        }
    }

    private static double[] WideArray(BufferView view, int length)
    {
        Span<T> elements = Elements(view, length);
        double[] values = new double[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = Wide(elements[i]);
        }

        return values;
    }

    private static void Store(ReadOnlySpan<double> values, BufferView view)
    {
        Span<T> elements = Elements(view, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            elements[i] = Round(values[i]);
        }
    }
}
