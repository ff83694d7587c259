using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;
using Xunit;

namespace FlowEngine.Tests.Backends;

/// <summary>
/// The coupling network of a backend, and the stages around it, against <see cref="ReferenceBackend{T}"/> in double, which
/// rounds what the backend rounds. A backend is tested by a sealed class that says how to make it; the cases are here, one
/// file per family of operations.
/// </summary>
public abstract partial class NetworkTests : IDisposable
{
    private IBackend? _backend;
    private ReferenceBackend<double>? _judge;

    /// <summary>Shapes (B, H, W, C): odd sizes, single pixels, pixel counts around the sizes of tiles.</summary>
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        { 1, 1, 1, 2 },
        { 5, 1, 1, 4 },
        { 1, 2, 2, 6 },
        { 2, 2, 2, 12 },
        { 3, 3, 5, 4 },
        { 2, 5, 3, 6 },
        { 1, 7, 10, 2 },
        { 4, 1, 9, 24 },
        { 2, 4, 6, 48 },
        { 1, 127, 1, 4 },
        { 2, 8, 8, 2 },
        { 1, 3, 43, 12 },
        { 1, 11, 93, 2 },
        { 4, 16, 16, 4 },
        { 1, 25, 41, 6 },
    };

    /// <summary>The backend under test.</summary>
    protected IBackend Backend => _backend ??= CreateBackend();

    protected ReferenceBackend<double> Judge => _judge ??= new ReferenceBackend<double>(Backend.NetworkPrecision);

    protected double Tolerance => Conformance.BackendCase.ToleranceOf(Backend.NetworkPrecision);

    protected double BackendEpsilon => Backend.ElementType == ElementType.Float64 ? 1e-15 : 1e-7;

    public void Dispose()
    {
        _backend?.Dispose();
        _judge?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the backend under test.</summary>
    protected abstract IBackend CreateBackend();

    /// <summary>
    /// Makes a backend that must give the same bits, such as the same one with another number of threads; or null.
    /// </summary>
    protected virtual IBackend? CreateTwin() => null;

    private protected static Dictionary<string, double[]> Run(
        IBackend backend, Operation operation, ImageShape shape, params int[] images)
    {
        using var buffers = new OperationBuffers(backend, seed: 17, images);
        OperationOutputs outputs = operation(buffers, shape with { Batch = images.Length });
        var results = outputs.Items.ToDictionary(item => item.Name, item => buffers.Read(item.View));
        Assert.True(buffers.GuardsAreUntouched());
        return results;
    }

    private protected void AssertAgrees(Operation operation, ImageShape shape)
    {
        int[] images = [.. Enumerable.Range(0, shape.Batch)];
        Dictionary<string, double[]> expected = Run(Judge, operation, shape, images);
        Dictionary<string, double[]> actual = Run(Backend, operation, shape, images);
        foreach ((string name, double[] values) in expected)
        {
            Agreement.AssertClose($"{name} of {shape}", values, actual[name], Tolerance);
        }

        using IBackend? twin = CreateTwin();
        if (twin is not null)
        {
            Dictionary<string, double[]> twinned = Run(twin, operation, shape, images);
            foreach ((string name, double[] values) in actual)
            {
                Agreement.AssertSameBits($"{name} of {shape} by the twin", values, twinned[name]);
            }
        }
    }

    // Four images together, each one alone, and all of them with others in another order: the same bits for each.
    private protected void AssertIndependentOfTheBatch(Operation operation, ImageShape shape)
    {
        HashSet<string> perImage;
        using (var buffers = new OperationBuffers(Backend, seed: 17, 0))
        {
            OperationOutputs outputs = operation(buffers, shape with { Batch = 1 });
            perImage = [.. outputs.Items.Where(item => item.PerImage).Select(item => item.Name)];
        }

        Dictionary<string, double[]> together = Run(Backend, operation, shape, 0, 1, 2, 3);
        int[][] batches = [[0], [1], [2], [3], [3, 5, 0, 2, 4, 1, 6]];
        foreach (int[] images in batches)
        {
            Dictionary<string, double[]> results = Run(Backend, operation, shape, images);
            foreach (string name in perImage)
            {
                int length = together[name].Length / 4;
                for (int image = 0; image < 4; image++)
                {
                    int position = Array.IndexOf(images, image);
                    if (position >= 0)
                    {
                        Agreement.AssertSameBits(
                            $"{name} of image {image} at {position} of {images.Length}",
                            together[name].AsSpan(image * length, length),
                            results[name].AsSpan(position * length, length));
                    }
                }
            }
        }
    }
}
