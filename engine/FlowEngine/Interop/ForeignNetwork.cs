namespace FlowEngine.Interop;

/// <summary>A network of another library as a chain of affine maps with ReLU between them, in float64.</summary>
/// <remarks>
/// Whatever has ReLU alone can be written so, exactly: a residual block carries its input h past its two maps as
/// max(h, 0) and max(-h, 0). Layers are padded with units that read nothing and are not read; training leaves those as they
/// are, since neither their weights nor those of their readers have a gradient.
/// </remarks>
internal sealed class ForeignNetwork : IForeignNetwork
{
    private readonly List<LinearRows> _hidden = [];

    /// <summary>Starts with a map of the network's inputs.</summary>
    /// <param name="first">The map: the values that the first activation reads, or the output.</param>
    public ForeignNetwork(LinearRows first) => Value = first;

    /// <summary>What the network gives so far: a map of the last hidden layer.</summary>
    public LinearRows Value { get; private set; }

    /// <summary>Hidden layers.</summary>
    public int HiddenLayers => _hidden.Count;

    /// <summary>What it reads.</summary>
    public int Inputs => (_hidden.Count == 0 ? Value : _hidden[0]).Inputs;

    /// <summary>The units of the widest hidden layer.</summary>
    public int Width => _hidden.Max(layer => layer.Count);

    /// <summary>The rectified values become a hidden layer, of which a map is what the network gives now.</summary>
    public void Then(LinearRows next) => Then(Value, next);

    /// <summary>A hidden layer of other values than those the network gave.</summary>
    public void Then(LinearRows hidden, LinearRows next)
    {
        _hidden.Add(hidden);
        Value = next;
    }

    /// <summary>A residual block: h + second(relu(first(relu(h)) + added)).</summary>
    /// <param name="first">Its first map.</param>
    /// <param name="second">Its second map.</param>
    /// <param name="context">The condition as a map of the last hidden layer; null for none.</param>
    /// <param name="added">What is added of the condition before the second activation; null for nothing.</param>
    /// <returns>The condition as a map of the new last hidden layer; null for none.</returns>
    public LinearRows? Residual(LinearRows first, LinearRows second, LinearRows? context, LinearRows? added)
    {
        int width = Value.Count;
        LinearRows h = Value;
        LinearRows none = new([], []);
        LinearRows c = context ?? none;
        int units = (2 * width) + (2 * c.Count);
        LinearRows positive = LinearRows.Unit(0, width, units);
        LinearRows negative = LinearRows.Unit(width, width, units);
        LinearRows contextNow = LinearRows.Unit(2 * width, c.Count, units)
            .Minus(LinearRows.Unit((2 * width) + c.Count, c.Count, units));
        LinearRows inner = first.Of(positive);
        if (added is not null)
        {
            inner = inner.Plus(added.Of(contextNow));
        }

        Then(LinearRows.Stack(h, h.Negated(), c, c.Negated()), inner);
        int next = first.Count + (2 * width) + (2 * c.Count);
        int carried = first.Count;
        LinearRows hidden = LinearRows.Stack(
            inner,
            positive,
            negative,
            LinearRows.Unit(2 * width, 2 * c.Count, units));
        LinearRows kept = LinearRows.Unit(carried, width, next).Minus(LinearRows.Unit(carried + width, width, next));
        Then(hidden, second.Of(LinearRows.Unit(0, first.Count, next)).Plus(kept));
        int at = carried + (2 * width);
        return context is null
            ? null
            : LinearRows.Unit(at, c.Count, next).Minus(LinearRows.Unit(at + c.Count, c.Count, next));
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

    /// <summary>Two networks of the same inputs and depth as one: their outputs one after the other.</summary>
    /// <exception cref="FlowException">Their depths differ.</exception>
    public static ForeignNetwork Side(ForeignNetwork left, ForeignNetwork right)
    {
        if (left.HiddenLayers != right.HiddenLayers)
        {
            throw new FlowException(
                FlowErrorKind.Unsupported,
                $"its two networks have {left.HiddenLayers} and {right.HiddenLayers} hidden layers, expected as many in both");
        }

        LinearRows[] layers = [.. left.Layers.Zip(right.Layers, (l, r) => (l, r)).Select((pair, index) => index == 0
            ? LinearRows.Stack(pair.l, pair.r)
            : LinearRows.Stack(
                pair.l.Columns([.. Enumerable.Range(0, pair.l.Inputs), .. Enumerable.Repeat(-1, pair.r.Inputs)]),
                pair.r.Columns([.. Enumerable.Repeat(-1, pair.l.Inputs), .. Enumerable.Range(0, pair.r.Inputs)])))];
        ForeignNetwork network = new(layers[0]);
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
        int width = Width;
        return Place(width, [.. _hidden.Select(layer => Enumerable.Range(0, layer.Count).ToArray())]);
    }

    /// <summary>
    /// The layers of a masked network: each hidden unit among those of its degree, as
    /// <see cref="Kernels.DenseNetworkShape"/> orders them.
    /// </summary>
    /// <param name="dims">D: the inputs after the condition, input i of degree i + 1.</param>
    /// <param name="conditions">Inputs of degree 0, the first ones.</param>
    /// <exception cref="FlowException">An output reads its own dimension or one behind it.</exception>
    public PlacedNetwork Masked(int dims, int conditions)
    {
        RequireHidden();
        int lowest = conditions > 0 ? 0 : 1;
        int degrees = dims - lowest;
        List<int[]> ofLayers = [];
        int[] before = [.. Enumerable.Range(0, conditions + dims).Select(i => Math.Max(0, i + 1 - conditions))];
        foreach (LinearRows layer in Layers)
        {
            int[] own = [.. layer.Weights.Select(row => row.Select((weight, i) => weight == 0 ? lowest : before[i]).Append(lowest).Max())];
            ofLayers.Add(own);
            before = own;
        }

        int perDim = Value.Count / dims;
        for (int row = 0; row < Value.Count; row++)
        {
            if (ofLayers[^1][row] > Math.Max(row / perDim, lowest)
                || (row < perDim && lowest == 1 && Value.Weights[row].Any(weight => weight != 0)))
            {
                throw new FlowException(
                    FlowErrorKind.Unsupported,
                    $"output {row} of its network reads a value that is not before it in the order of the transform");
            }
        }

        ofLayers.RemoveAt(ofLayers.Count - 1);
        int slots = ofLayers.Max(units => units.Where(degree => degree < dims)
            .GroupBy(degree => degree).Select(group => group.Count()).DefaultIfEmpty(1).Max());

        // A unit of degree D is read by no output.
        return Place(degrees * slots, [.. ofLayers.Select(units =>
        {
            int[] taken = new int[dims];
            return Array.ConvertAll(
                units, degree => degree < dims ? ((degree - lowest) * slots) + taken[degree]++ : -1);
        })]);
    }

    private IEnumerable<LinearRows> Layers => [.. _hidden, Value];

    // Without a hidden layer the inputs go through one as they are.
    private void RequireHidden()
    {
        if (_hidden.Count == 0)
        {
            LinearRows output = Value;
            int inputs = output.Inputs;
            LinearRows all = LinearRows.Unit(0, inputs, inputs);
            Then(
                LinearRows.Stack(all, all.Negated()),
                output.Of(LinearRows.Unit(0, inputs, 2 * inputs).Minus(LinearRows.Unit(inputs, inputs, 2 * inputs))));
        }
    }

    private PlacedNetwork Place(int width, IReadOnlyList<int[]> places)
    {
        List<(string Name, LinearRows Map)> placed = [];
        for (int l = 0; l <= _hidden.Count; l++)
        {
            LinearRows layer = l < _hidden.Count ? _hidden[l] : Value;
            if (l > 0)
            {
                int[] columns = [.. Enumerable.Repeat(-1, width)];
                for (int unit = 0; unit < places[l - 1].Length; unit++)
                {
                    if (places[l - 1][unit] >= 0)
                    {
                        columns[places[l - 1][unit]] = unit;
                    }
                }

                layer = layer.Columns(columns);
            }

            if (l < _hidden.Count)
            {
                double[][] weights = [.. Enumerable.Range(0, width).Select(_ => new double[layer.Inputs])];
                double[] bias = new double[width];
                for (int unit = 0; unit < layer.Count; unit++)
                {
                    if (places[l][unit] >= 0)
                    {
                        weights[places[l][unit]] = layer.Weights[unit];
                        bias[places[l][unit]] = layer.Bias[unit];
                    }
                }

                layer = new(weights, bias);
            }

            placed.Add(($"layers.{l}", layer));
        }

        return new(width, _hidden.Count, IsResidual: false, placed);
    }
}
