using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// Many affine maps for a few launches: one for each number of channels, over all its maps. Parts of a kind lie in one
/// buffer, and a table says where each begins.
/// </summary>
internal sealed class AffineMaps : IDisposable
{
    // Parts of a map by kind, in the order of the kernels' entries.
    private const int ConstantsStart = 5;
    private const int MapStart = 7;
    private const int DMapStart = 8;
    private const int GradientsStart = 10;
    private const int PartCount = 15;

    private readonly GpuStream _stream;
    private readonly Func<BufferView, GpuView<float>> _view;
    private readonly BufferView[][] _parts;
    private readonly long[] _bases = new long[PartCount];
    private readonly List<AffineTable> _tables = [];

    /// <summary>Uploads the tables.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="view">A view's memory.</param>
    /// <param name="assemblies">The maps.</param>
    public AffineMaps(
        GpuStream stream, Func<BufferView, GpuView<float>> view, IReadOnlyList<PixelAffineAssembly> assemblies)
    {
        _stream = stream;
        _view = view;
        _parts = [.. assemblies.Select(PartsOf)];
        Weights = Span(0, ConstantsStart);
        Constants = Span(ConstantsStart, MapStart);
        Maps = Span(MapStart, DMapStart);
        DMaps = Span(DMapStart, GradientsStart);
        Gradients = Span(GradientsStart, PartCount);
        foreach (IGrouping<int, int> group in Enumerable.Range(0, assemblies.Count)
            .GroupBy(i => assemblies[i].Parameters.Channels))
        {
            AddTable(group.Key, [.. group], assemblies);
        }
    }

    public GpuView<float> Weights { get; }

    public GpuView<float> Constants { get; }

    /// <summary>What the forward assembly fills.</summary>
    public GpuView<float> Maps { get; }

    /// <summary>dM and dv of each.</summary>
    public GpuView<float> DMaps { get; }

    public GpuView<float> Gradients { get; }

    public IReadOnlyList<AffineTable> Tables => _tables;

    public void Dispose() => _tables.ForEach(table => table.Dispose());

    private static BufferView[] PartsOf(PixelAffineAssembly map)
    {
        PixelAffineParameters values = map.Parameters;
        PixelAffineParameters gradients = map.Gradients;
        return values.LogScale.IsEmpty || values.Lower.IsEmpty
            ? throw new ArgumentException("a map lacks its ActNorm or its convolution", nameof(map))
            :
            [
                values.Bias, values.LogScale, values.Lower, values.Upper, values.LogDiagonal,
                values.Sign, values.Permutation,
                map.Map.Storage,
                map.DMatrix, map.DOffset,
                gradients.Bias, gradients.LogScale, gradients.Lower, gradients.Upper, gradients.LogDiagonal,
            ];
    }

    // The stretch of the one buffer that all parts of a kind lie in; tables count from its start.
    private GpuView<float> Span(int start, int end)
    {
        BufferView[] views = [.. _parts.SelectMany(parts => parts[start..end]).Where(view => !view.IsEmpty)];
        if (views.Length == 0)
        {
            return default;
        }

        if (Array.Exists(views, view => view.Buffer != views[0].Buffer))
        {
            throw new ArgumentException("the parts of the maps lie in several buffers, expected one", nameof(start));
        }

        long first = views.Min(view => view.Offset);
        _bases.AsSpan(start, end - start).Fill(first);
        return _view(new BufferView(views[0].Buffer, first, views.Max(view => view.Offset + view.Length) - first));
    }

    private void AddTable(int channels, int[] indices, IReadOnlyList<PixelAffineAssembly> assemblies)
    {
        long[] rows = new long[indices.Length * PixelAffineKernels.TableRow];
        for (int i = 0; i < indices.Length; i++)
        {
            Span<long> row = rows.AsSpan(i * PixelAffineKernels.TableRow, PixelAffineKernels.TableRow);
            for (int part = 0; part < PartCount; part++)
            {
                row[part] = _parts[indices[i]][part].Offset - _bases[part];
            }

            row[PartCount] = assemblies[indices[i]].PixelsPerImage;
        }

        _tables.Add(new AffineTable(_stream, channels, indices.Length, rows));
    }
}
