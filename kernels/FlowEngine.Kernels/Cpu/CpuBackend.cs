using System.Collections.Concurrent;
using System.Runtime.Intrinsics;
using FlowEngine.Kernels.Host;

namespace FlowEngine.Kernels.Cpu;

/// <summary>
/// The operations in float32 on the host's vector units and cores. One file per family of operations.
/// </summary>
/// <remarks>
/// Every multiply-add is fused and every sum has one order, so results are the same bits on every instruction set and
/// for every number of threads.
/// </remarks>
public sealed unsafe partial class CpuBackend : HostBackend<float>, IBackend
{
    private readonly WorkerTeam _team;
    private readonly ScratchPool _scratch = new();
    private readonly ConcurrentDictionary<NetworkShape, INetwork> _networks = new();

    /// <summary>Starts a team of workers.</summary>
    /// <param name="threads">The number of threads, the caller's among them; 0 for one per core.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is negative.</exception>
    public CpuBackend(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _team = new WorkerTeam(threads == 0 ? Environment.ProcessorCount : threads);
        PixelAffine = new PixelAffineMaps(this);
        Splines = new SplineMaps(this);
    }

    /// <inheritdoc cref="IBackend.Name"/>
    public string Name { get; } = "cpu";

    /// <summary>The number of threads, the caller's among them.</summary>
    public int Threads => _team.Threads;

    /// <inheritdoc cref="IBackend.PixelAffine"/>
    public IPixelAffine PixelAffine { get; }

    /// <inheritdoc cref="IBackend.Splines"/>
    public ISplines Splines { get; }

    /// <inheritdoc cref="IBackend.GetNetwork"/>
    public INetwork GetNetwork(NetworkShape shape) =>
        _networks.GetOrAdd(shape, static (shape, backend) => backend.CreateNetwork(shape), this);

    /// <summary>Stops the workers.</summary>
    public void Dispose()
    {
        _team.Dispose();
        _scratch.Dispose();
    }

    private INetwork CreateNetwork(NetworkShape shape) => shape switch
    {
        PixelNetworkShape pixel => new PixelNetwork(this, pixel),
        DenseNetworkShape { IsAutoregressive: true } dense => new AutoregressiveNetwork(this, dense),
        DenseNetworkShape dense => new DenseNetwork(this, dense),
        LayeredNetworkShape layered => new LayeredNetwork(this, layered),
        ResidualNetworkShape residual => new ResidualNetwork(this, residual),
        ZeroConvolutionShape convolution => new ZeroConvolution(this, convolution),
        _ => throw new NotSupportedException($"{Name} has no network of a {shape.GetType().Name}"),
    };

    private static void Clear(float* block, long length)
    {
        for (long i = 0; i < length; i += int.MaxValue)
        {
            new Span<float>(block + i, (int)Math.Min(int.MaxValue, length - i)).Clear();
        }
    }

    /// <summary>scale = e^(3 ls), folded = scale · b.</summary>
    private static void FoldOutputs(BufferView logScale, BufferView bias, int count, float* scale, float* folded)
    {
        float* b = Pointer(bias, count);
        float* ls = Pointer(logScale, count);
        for (int i = 0; i < count; i += SimdMath.Width)
        {
            Vector512<float> e = SimdMath.Exp(Lanes.Load(ls + i, count - i) * Vector512.Create(3f));
            Lanes.Store(e, scale + i, count - i);
            Lanes.Store(e * Lanes.Load(b + i, count - i), folded + i, count - i);
        }
    }

    private void Pack(StripPacking packing) => _team.Run(packing.Parts, packing);

    /// <summary>logDet[b] += P · ln|det M|, rounded once; what comes after a coupling's own addition.</summary>
    internal static void AddLogDet(ImageShape shape, float perPixel, float* logDet)
    {
        double all = (double)perPixel * shape.PixelsPerImage;
        for (int b = 0; b < shape.Batch; b++)
        {
            logDet[b] = (float)(logDet[b] + all);
        }
    }

    private static SqueezedPixels Squeezed(ImageShape shape, BufferView x) =>
        new(Pointer(x, shape.BeforeSqueeze().Length), shape);
}
