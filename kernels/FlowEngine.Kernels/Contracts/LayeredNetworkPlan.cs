namespace FlowEngine.Kernels;

/// <summary>The linear maps of a <see cref="LayeredNetworkShape"/> and the steps that every backend takes.</summary>
internal sealed class LayeredNetworkPlan
{
    // The factor that keeps the variance through rectifiers (He 2015).
    private const double Rectified = 1.4142135623730951;

    private readonly LayeredNetworkShape _shape;
    private readonly List<NetworkLayer> _layers = [];
    private readonly List<NetworkStep> _steps = [];
    private readonly List<int> _widths = [];

    public LayeredNetworkPlan(LayeredNetworkShape shape)
    {
        _shape = shape;
        _widths.Add(shape.InputChannels);
        int values = First();
        if (shape.IsResidual)
        {
            for (int block = 0; block < shape.Hidden.Count; block++)
            {
                values = Block(values, $"blocks.{block}");
            }
        }
        else
        {
            for (int layer = 1; layer < shape.Hidden.Count; layer++)
            {
                values = Map($"layers.{layer}", values, shape.Hidden[layer], Degrees(layer - 1), Degrees(layer));
            }
        }

        Map(
            shape.IsResidual ? "last" : $"layers.{shape.Hidden.Count}",
            values,
            shape.OutputChannels,
            Degrees(shape.Hidden.Count - 1),
            shape.Degrees?.Outputs,
            shape.StartsAtZero ? 0 : 1,
            activates: !shape.IsResidual);
    }

    /// <summary>The linear maps.</summary>
    public IReadOnlyList<NetworkLayer> Layers => _layers;

    /// <summary>The steps.</summary>
    public IReadOnlyList<NetworkStep> Steps => _steps;

    /// <summary>The values of each array: the first is the input, the last the output.</summary>
    public IReadOnlyList<int> Widths => _widths;

    /// <summary>The last array.</summary>
    public int Output => _widths.Count - 1;

    /// <summary>The elements of all parameters.</summary>
    public long ParametersLength { get; private set; }

    /// <summary>The weights that are read.</summary>
    public long Multiplications => _layers.Sum(layer => Enumerable.Range(0, layer.Outputs).Sum(unit => (long)layer.ReadsOf(unit)));

    private IReadOnlyList<int>? Degrees(int layer) => _shape.Degrees?.Hidden[_shape.IsResidual ? 0 : layer];

    private int First()
    {
        string name = _shape.IsResidual ? "initial" : "layers.0";
        int first = _shape.AddsCondition ? _shape.Conditions : 0;
        int[]? degrees = _shape.Degrees is null
            ? null
            : [.. Enumerable.Repeat(int.MinValue, _shape.Conditions - first), .. _shape.Degrees.Inputs];
        int layer = Layer(name, first, _shape.InputChannels - first, _shape.Hidden[0], degrees, Degrees(0), Rectified);
        int values = Array(_shape.Hidden[0]);
        _steps.Add(new(NetworkStepKind.Linear, values, 0, layer));
        return _shape.AddsCondition
            ? Sum(NetworkStepKind.AddActivated, values, Condition("condition", _shape.Hidden[0]))
            : values;
    }

    private int Block(int values, string name)
    {
        int width = _shape.Hidden[0];
        int inner = Map($"{name}.layers.0", values, width, Degrees(0), Degrees(0));
        inner = _shape.AddsToBlocks ? Sum(NetworkStepKind.Add, inner, Condition($"{name}.condition", width)) : inner;
        int addend = Map($"{name}.layers.1", inner, width, Degrees(0), Degrees(0), 0);
        return _shape.HasGates
            ? Sum(NetworkStepKind.AddGated, values, addend, Condition($"{name}.gate", width))
            : Sum(NetworkStepKind.Add, values, addend);
    }

    private int Sum(NetworkStepKind kind, int source, int addend, int gate = -1)
    {
        int sum = Array(_widths[source]);
        _steps.Add(new(kind, sum, source, Addend: addend, Gate: gate));
        return sum;
    }

    private int Condition(string name, int width)
    {
        int layer = Layer(name, 0, _shape.Conditions, width, null, null, 1);
        int target = Array(width);
        _steps.Add(new(NetworkStepKind.Linear, target, 0, layer));
        return target;
    }

    private int Map(
        string name,
        int source,
        int outputs,
        IReadOnlyList<int>? inputDegrees,
        IReadOnlyList<int>? outputDegrees,
        double start = Rectified,
        bool activates = true)
    {
        int layer = Layer(name, 0, _widths[source], outputs, inputDegrees, outputDegrees, start);
        int target = Array(outputs);
        _steps.Add(new(NetworkStepKind.Linear, target, source, layer, Activates: activates));
        return target;
    }

    private int Layer(
        string name,
        int first,
        int inputs,
        int outputs,
        IReadOnlyList<int>? inputDegrees,
        IReadOnlyList<int>? outputDegrees,
        double start)
    {
        long bias = ParametersLength + NetworkShape.Aligned((long)inputs * outputs);
        _layers.Add(new(name, first, inputs, outputs, ParametersLength, bias)
        {
            InputDegrees = inputDegrees,
            OutputDegrees = outputDegrees,
            Start = start,
        });
        ParametersLength = bias + NetworkShape.Aligned(outputs);
        return _layers.Count - 1;
    }

    private int Array(int width)
    {
        _widths.Add(width);
        return Output;
    }
}
