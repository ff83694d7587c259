using FlowEngine.Kernels;

namespace FlowEngine.Interop;

/// <summary>A network of another library as a chain of affine maps with an activation between them, in float64.</summary>
/// <remarks>
/// Whatever has only rectifiers can be written so, exactly: a residual block carries its input h past its two maps as
/// max(h, 0) and max(-h, 0), and a leaky rectifier is max(z, 0) - leak max(-z, 0). Layers are padded with units that read
/// nothing and are not read; training leaves those as they are, since neither their weights nor those of their readers have a
/// gradient.
/// </remarks>
internal sealed class ForeignNetwork : IForeignNetwork
{
    private readonly List<LinearRows> _hidden = [];
    private readonly LinearRows? _condition;
    private readonly double _leak;
    private Activation _activation;

    /// <summary>Starts with a map of the network's inputs.</summary>
    /// <param name="first">The map: the values that the first activation reads, or the output.</param>
    /// <param name="activation">What its hidden units make of their sums.</param>
    /// <param name="condition">A map of the condition, which is activated and added to the first sums; null where the condition
    /// is read as other inputs are. The network then cannot be written as rectifiers.</param>
    public ForeignNetwork(LinearRows first, ForeignActivation activation, LinearRows? condition = null)
    {
        _condition = condition;
        Value = first;
        _activation = activation.Kind;
        _leak = activation.Leak;
    }

    /// <summary>What the network gives so far: a map of the last hidden layer.</summary>
    public LinearRows Value { get; private set; }

    /// <summary>Hidden layers.</summary>
    public int HiddenLayers => _hidden.Count;

    /// <summary>The units of the widest hidden layer.</summary>
    private int Width => _hidden.Max(layer => layer.Count);

    private IEnumerable<LinearRows> Layers => [.. _hidden, Value];

    /// <summary>The activated values become a hidden layer, of which a map is what the network gives now.</summary>
    public void Then(LinearRows next)
    {
        int count = Value.Count;
        if (_leak == 0)
        {
            Hide(Value, next);
        }
        else
        {
            Hide(LinearRows.Stack(Value, Value.Negated()), next.Of(Activated(0, count, count, 2 * count)));
        }
    }

    /// <summary>A hidden layer of rectifiers that others than the activation read.</summary>
    /// <param name="hidden">Their sums, as a map of the last hidden layer.</param>
    /// <param name="next">What the network gives now, as a map of the new one.</param>
    public void Hide(LinearRows hidden, LinearRows next)
    {
        _hidden.Add(hidden);
        Value = next;
    }

    /// <summary>A residual block of rectifiers: h + second(act(n₂(first(act(n₁(h))) + added))).</summary>
    /// <param name="first">Its first map.</param>
    /// <param name="second">Its second map.</param>
    /// <param name="norms">The two normalizations, n₁ and n₂; null for none.</param>
    /// <param name="context">The condition as a map of the last hidden layer; null for none.</param>
    /// <param name="added">What is added of the condition before the second activation; null for nothing.</param>
    /// <returns>The condition as a map of the new last hidden layer; null for none.</returns>
    public LinearRows? Residual(
        LinearRows first,
        LinearRows second,
        (Func<LinearRows, LinearRows> First, Func<LinearRows, LinearRows> Second)? norms = null,
        LinearRows? context = null,
        LinearRows? added = null)
    {
        int width = Value.Count;
        LinearRows none = new([], []);
        LinearRows c = context ?? none;
        LinearRows read = norms is null ? none : norms.Value.First(Value);
        int carried = (2 * width) + (2 * c.Count);
        int units = carried + (2 * read.Count);
        LinearRows contextNow = Carried(2 * width, c.Count, units);
        LinearRows inner = first.Of(norms is null
            ? Activated(0, width, width, units)
            : Activated(carried, carried + width, width, units));
        inner = added is null ? inner : inner.Plus(added.Of(contextNow));
        inner = norms is null ? inner : norms.Value.Second(inner);
        Hide(LinearRows.Stack(Value, Value.Negated(), c, c.Negated(), read, read.Negated()), inner);

        LinearRows below = _leak == 0 ? none : inner.Negated();
        int own = inner.Count + below.Count;
        int next = own + carried;
        Hide(
            LinearRows.Stack(inner, below, LinearRows.Unit(0, carried, units)),
            second.Of(Activated(0, inner.Count, inner.Count, next)).Plus(Carried(own, width, next)));
        return context is null ? null : Carried(own + (2 * width), c.Count, next);
    }

    /// <summary>A block of rectifiers whose input they do not read: z + second(act(first(z))).</summary>
    public void Skip(LinearRows first, LinearRows second)
    {
        LinearRows inner = first.Of(Value);
        LinearRows below = _leak == 0 ? new([], []) : inner.Negated();
        int own = inner.Count + below.Count;
        int width = Value.Count;
        int units = own + (2 * width);
        Hide(
            LinearRows.Stack(inner, below, Value, Value.Negated()),
            second.Of(Activated(0, inner.Count, inner.Count, units)).Plus(Carried(own, width, units)));
    }

    /// <inheritdoc/>
    public void Map(Func<LinearRows, LinearRows> map) => Value = map(Value);

    /// <summary>The inputs in another order; see <see cref="LinearRows.Columns"/>.</summary>
    public void OrderInputs(IReadOnlyList<int> columns)
    {
        if (_hidden.Count == 0)
        {
            Value = Value.Columns(columns);
        }
        else
        {
            _hidden[0] = _hidden[0].Columns(columns);
        }
    }

    /// <summary>Two networks of the same inputs as one: their outputs one after the other.</summary>
    /// <exception cref="FlowException">Their activations differ, or their depths without rectifiers.</exception>
    public static ForeignNetwork Side(ForeignNetwork left, ForeignNetwork right)
    {
        if (left._activation != right._activation
            || (left.HiddenLayers != right.HiddenLayers && left._activation != Activation.Relu))
        {
            throw new FlowException(
                FlowErrorKind.Unsupported,
                $"its two networks have {left.HiddenLayers} and {right.HiddenLayers} hidden layers of {left._activation} and "
                + $"{right._activation}, expected as many of the same in both");
        }

        int depth = Math.Max(left.HiddenLayers, right.HiddenLayers);
        left.Deepen(depth);
        right.Deepen(depth);
        LinearRows[] layers = [.. left.Layers.Zip(right.Layers, (l, r) => (l, r)).Select((pair, index) => index == 0
            ? LinearRows.Stack(pair.l, pair.r)
            : LinearRows.Stack(
                pair.l.Columns([.. Enumerable.Range(0, pair.l.Inputs), .. Enumerable.Repeat(-1, pair.r.Inputs)]),
                pair.r.Columns([.. Enumerable.Repeat(-1, pair.l.Inputs), .. Enumerable.Range(0, pair.r.Inputs)])))];
        ForeignNetwork network = new(layers[0], new ForeignActivation(left._activation));
        foreach (LinearRows layer in layers.Skip(1))
        {
            network.Then(layer);
        }

        return network;
    }

    /// <summary>The layers, each padded to one width; the output layer last.</summary>
    public PlacedNetwork Dense()
    {
        RequireHidden();
        return Place([.. _hidden.Select(layer => Enumerable.Range(0, Width).Select(unit => unit < layer.Count ? unit : -1).ToArray())]);
    }

    /// <summary>
    /// The layers of a masked network: each hidden unit among those of its degree, as
    /// <see cref="Kernels.DenseNetworkShape"/> orders them.
    /// </summary>
    /// <inheritdoc/>
    public PlacedNetwork Masked(int dims, int conditions)
    {
        RequireHidden();
        UnitPlaces places = new(dims, conditions);
        List<int[]> degrees = [];
        int[] before = _condition is null ? places.Inputs : places.Inputs[conditions..];
        foreach (LinearRows layer in _hidden)
        {
            before = places.Degrees(layer, before);
            degrees.Add(before);
            places.Reserve(before);
        }

        places.CheckOutputs(Value, before);
        return Place([.. degrees.Select(places.Of)]);
    }

    // What the activation makes of values whose rectified ones, and those of their negatives, are units.
    private LinearRows Activated(int positive, int negative, int count, int units) => _leak == 0
        ? LinearRows.Unit(positive, count, units)
        : LinearRows.Unit(positive, count, units).Minus(LinearRows.Unit(negative, count, units).Scaled(_ => _leak));

    // Values whose rectified ones, then those of their negatives, are units.
    private static LinearRows Carried(int first, int count, int units) =>
        LinearRows.Unit(first, count, units).Minus(LinearRows.Unit(first + count, count, units));

    // Rectifiers pass on what the network gives.
    private void Deepen(int depth)
    {
        while (HiddenLayers < depth)
        {
            int count = Value.Count;
            Hide(LinearRows.Stack(Value, Value.Negated()), Carried(0, count, 2 * count));
        }
    }

    // Without a hidden layer the inputs go through one as they are.
    private void RequireHidden()
    {
        if (_hidden.Count == 0)
        {
            LinearRows all = LinearRows.Unit(0, Value.Inputs, Value.Inputs);
            _activation = Activation.Relu;
            Hide(LinearRows.Stack(all, all.Negated()), Value.Of(Carried(0, all.Count, 2 * all.Count)));
        }
    }

    // The units of each hidden layer by their places.
    private PlacedNetwork Place(IReadOnlyList<int[]> units)
    {
        List<(string Name, LinearRows Map)> maps = [];
        for (int l = 0; l <= _hidden.Count; l++)
        {
            LinearRows layer = l < _hidden.Count ? _hidden[l].Placed(units[l]) : Value;
            maps.Add(($"layers.{l}", l == 0 ? layer : layer.Columns(units[l - 1])));
        }

        if (_condition is not null)
        {
            maps.Add(("condition", _condition.Placed(units[0])));
        }

        return new(units[0].Length, _hidden.Count, IsResidual: false, _condition is not null, _activation, maps);
    }
}
