using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu;

/// <summary>
/// Whether and how a network and its splines run as one kernel: the stages of the network, and where in the shared memory of a
/// group each array lies.
/// </summary>
/// <remarks>
/// An array takes its place when it is made, and leaves it after its last reader; activations take that of their array, where
/// nobody reads it without. The raw numbers come behind the last hidden array, those of as many values at a time as there is room
/// for.
/// </remarks>
internal sealed class SplineNetworkStages
{
    // Every device has this much for a group. Of more a group takes half, so that another computes while it waits.
    private const int SharedBytes = 48 * 1024;

    private readonly SharedPlaces _places = new();
    private readonly IReadOnlyList<SplineNetworkMap> _maps;
    private readonly int[] _values;
    private readonly int[] _activations;
    private readonly int _wordsOfNumbers;

    /// <summary>Lays out a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="maps">Its maps.</param>
    /// <param name="spline">The spline.</param>
    /// <param name="dims">D.</param>
    /// <param name="passing">D - n.</param>
    /// <param name="device">The device.</param>
    public SplineNetworkStages(
        NetworkShape network,
        IReadOnlyList<SplineNetworkMap> maps,
        RationalQuadraticSpline spline,
        int dims,
        int passing,
        GpuDeviceInfo device)
    {
        _maps = maps;
        _values = new int[maps.Count];
        _activations = new int[maps.Count];
        _wordsOfNumbers = Words(spline.ParametersLength);
        int moved = dims - passing;
        int read = network.InputChannels - network.Conditions;
        Passes = read > passing ? dims : 1;
        PlaceArrays(network.InputChannels);
        Raw = _places.End;
        int limit = Math.Min(device.MaxSharedBytesPerGroup, Math.Max(SharedBytes, device.MaxSharedBytesPerGroup / 2));
        int most = Enumerable.Range(1, moved).LastOrDefault(count => SharedBytesOf(count) <= limit);
        Fits = most > 0 && network.ParametersLength <= int.MaxValue;
        if (Fits)
        {
            int turns = (moved + most - 1) / most;
            int atATime = (moved + turns - 1) / turns;
            DynamicSharedBytes = SharedBytesOf(atATime);
            Sizes = new(
                0,
                dims,
                passing,
                network.InputChannels,
                network.Conditions,
                0,
                network is LayeredNetworkShape layered ? (int)layered.Activation : Activations.None,
                network is LayeredNetworkShape leaky ? (float)leaky.Leak : 0,
                Raw,
                LogSlopesOf(atATime),
                LogSlopesOf(atATime) + (atATime * SplineNetworkKernels.Rows));
            Stages = [.. StagesOf(spline.ParametersLength, moved, atATime)];
            Sizes = Sizes with { Stages = Stages.Count };
        }
    }

    /// <summary>The shared memory holds a row's values, hidden units and the raw numbers of one value, of 16 rows.</summary>
    public bool Fits { get; }

    /// <summary>The stages, where it fits.</summary>
    public IReadOnlyList<NetworkStage> Stages { get; } = [];

    /// <summary>The sizes, but for the batch.</summary>
    public SplineNetworkSizes Sizes { get; }

    /// <summary>The passes of the inverse.</summary>
    public int Passes { get; }

    /// <summary>The shared memory of a group.</summary>
    public int DynamicSharedBytes { get; }

    private int Raw { get; }

    private static int Words(int values) => values * SplineNetworkKernels.Stride;

    // Array m is what map m reads, and others; the last map's is not among them.
    private void PlaceArrays(int inputs)
    {
        _activations[0] = -1;
        _values[0] = _places.Take(Words(inputs), Passes > 1 ? int.MaxValue : LastReader(0, false));
        for (int m = 1; m < _maps.Count; m++)
        {
            _places.Free(m - 1);
            int words = Words(_maps[m - 1].Outputs);
            int values = LastReader(m, false);
            int activations = LastReader(m, true);
            _values[m] = _places.Take(words, values < 0 ? activations : values);
            _activations[m] = activations < 0 ? -1 : values < 0 ? _values[m] : _places.Take(words, activations);
        }

        _places.Free(_maps.Count - 1);
    }

    private int LastReader(int array, bool activated) =>
        Enumerable.Range(0, _maps.Count).LastOrDefault(m => _maps[m].Reads(array, activated), -1);

    private int LogSlopesOf(int values) => Math.Max(_places.Peak, Raw + (values * _wordsOfNumbers));

    private int SharedBytesOf(int values) => sizeof(float)
        * (LogSlopesOf(values) + (values * SplineNetworkKernels.Rows) + SplineNetworkKernels.TileLength);

    private IEnumerable<NetworkStage> StagesOf(int numbers, int moved, int atATime)
    {
        for (int m = 0; m < _maps.Count - 1; m++)
        {
            foreach (NetworkStage stage in StagesOf(_maps[m], 0, _maps[m].Outputs, _values[m + 1], _activations[m + 1]))
            {
                yield return stage;
            }
        }

        for (int first = 0; first < moved; first += atATime)
        {
            int count = Math.Min(atATime, moved - first);
            NetworkStage[] stages = [.. StagesOf(_maps[^1], first * numbers, count * numbers, Raw, -1)];
            stages[^1] = stages[^1] with { FirstMoved = first, Moved = count };
            foreach (NetworkStage stage in stages)
            {
                yield return stage;
            }
        }
    }

    private IEnumerable<NetworkStage> StagesOf(SplineNetworkMap map, int firstUnit, int units, int target, int activated)
    {
        const int Tile = SplineNetworkKernels.Tile;

        int source = (map.Activates ? _activations : _values)[map.Source] + Words(map.FirstInput);
        for (int unit = 0; unit < units; unit += Tile)
        {
            for (int input = 0; input < map.Inputs; input += Tile)
            {
                yield return new(
                    (int)map.Weight + ((firstUnit + unit) * map.Inputs) + input,
                    map.Inputs,
                    Math.Min(Tile, map.Inputs - input),
                    Math.Min(Tile, units - unit),
                    source + Words(input),
                    input == 0 ? 1 : 0,
                    input + Tile < map.Inputs ? SplineNetworkKernels.Open : map.Ending,
                    (int)map.Bias + firstUnit + unit,
                    target + Words(unit),
                    activated < 0 ? -1 : activated + Words(unit),
                    map.Other < 0 ? -1 : _values[map.Other] + Words(unit),
                    map.Addend < 0 ? -1 : _values[map.Addend] + Words(unit),
                    map.Outputs,
                    firstUnit + unit,
                    map.KeptSum,
                    map.Kept,
                    0,
                    0);
            }
        }
    }
}
