using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Priors;
using FlowEngine.Tensors;

namespace FlowEngine.Interop;

/// <summary>The transforms of a model and their tensors, from the data to the latents.</summary>
/// <remarks>
/// Libraries choose the values that a coupling passes by a mask, and the order of an autoregressive transform by a list; here
/// they are the first ones, or in order. So the values are brought into the order that a transform needs by a permutation,
/// where they are in another.
/// </remarks>
/// <param name="dims">D.</param>
/// <param name="conditions">Numbers of a condition.</param>
internal sealed class ForeignFlowBuilder(int dims, int conditions)
{
    private readonly List<Transform> _transforms = [];
    private readonly List<NamedTensor> _tensors = [];
    private int[] _features = [.. Enumerable.Range(0, dims)];
    private PriorKind _prior = PriorKind.Gaussian;
    private NamedTensor? _priorTensor;

    /// <summary>D.</summary>
    public int Dims => dims;

    /// <summary>Numbers of a condition.</summary>
    public int Conditions => conditions;

    /// <summary>A permutation of the library: value j is value order[j] of before. It moves nothing yet.</summary>
    public void Permute(int[] order)
    {
        int[] inverse = new int[dims];
        for (int j = 0; j < dims; j++)
        {
            inverse[order[j]] = j;
        }

        _features = Array.ConvertAll(_features, feature => inverse[feature]);
    }

    /// <summary>y = e^logScale (x + bias), a number of each for each feature.</summary>
    public void ScaleAndShift(double[] bias, double[] logScale)
    {
        string name = Add(new Transform("actnorm"));
        Add($"{name}.bias", [.. _features.Select(feature => bias[feature])], dims);
        Add($"{name}.log_scale", [.. _features.Select(feature => logScale[feature])], dims);
    }

    /// <summary>y = L U x + bias.</summary>
    /// <param name="lower">L below its diagonal, which is 1; (D, D).</param>
    /// <param name="upper">U above its diagonal; (D, D).</param>
    /// <param name="diagonal">That diagonal, positive.</param>
    /// <param name="bias">The bias.</param>
    public void Linear(double[] lower, double[] upper, double[] diagonal, double[] bias) => Linear(
        new PluFactors(
            lower,
            upper,
            Array.ConvertAll(diagonal, Math.Log),
            [.. Enumerable.Repeat(1.0, dims)],
            [.. Enumerable.Range(0, dims)]),
        bias);

    /// <summary>y = W x + bias.</summary>
    /// <param name="module">What has the matrix.</param>
    /// <param name="matrix">W, (D, D).</param>
    /// <param name="bias">The bias.</param>
    /// <exception cref="FlowException">W has no inverse.</exception>
    public void Linear(ForeignModule module, double[] matrix, double[] bias) =>
        Linear(PluFactors.Factor(matrix, dims) ?? throw module.Refuse("its matrix is singular"), bias);

    /// <summary>A coupling.</summary>
    /// <param name="passing">The features that pass, in the order in which the network reads them after the condition.</param>
    /// <param name="moved">Those that are moved, in the order of the network's outputs.</param>
    /// <param name="network">The network; of each moved feature its raw numbers in turn.</param>
    /// <param name="map">The map, its bins and bound.</param>
    public void Coupling(int[] passing, int[] moved, IForeignNetwork network, Transform map)
    {
        Arrange([.. passing, .. moved]);
        AddNetwork(map with { Type = "monotonic_coupling", Passing = passing.Length }, network.Dense());
    }

    /// <summary>A masked autoregressive transform.</summary>
    /// <param name="order">The features, first the one that depends on none.</param>
    /// <param name="network">The network, which reads the condition, then the features in that order, and gives their raw
    /// numbers in that order.</param>
    /// <param name="map">The map, its bins and bound.</param>
    public void Autoregressive(int[] order, IForeignNetwork network, Transform map)
    {
        Arrange(order);
        AddNetwork(map with { Type = "monotonic_autoregressive" }, network.Masked(dims, conditions));
    }

    /// <summary>The latents' distribution: a Gaussian of other means and scales than the standard one.</summary>
    public void Base(double[] mean, double[] logScale)
    {
        _prior = PriorKind.Diagonal;
        _priorTensor = new NamedTensor("prior.mean_log_scale", [.. mean, .. logScale], 2, dims);
    }

    /// <summary>The latents' distribution: uniform in a box.</summary>
    /// <param name="module">The base.</param>
    /// <param name="least">The least values; null if there are none.</param>
    /// <param name="most">The largest values.</param>
    /// <exception cref="FlowException">They are no bounds.</exception>
    public void Box(ForeignModule module, double[]? least, double[]? most)
    {
        if (least is null || most is null || !least.Zip(most).All(side => side.First < side.Second && double.IsFinite(side.Second - side.First)))
        {
            throw new FlowException(
                FlowErrorKind.BadFormat,
                $"{module.Place} ({module.Class}): its bounds are missing or not in order, expected for each feature one below the other");
        }

        _prior = PriorKind.Uniform;
        _priorTensor = new NamedTensor("prior.bounds", [.. least, .. most], 2, dims);
    }

    /// <summary>The model: its options and tensors.</summary>
    public (TransformsOptions Options, IReadOnlyList<NamedTensor> Tensors) Build()
    {
        Arrange([.. Enumerable.Range(0, dims)]);
        if (_priorTensor is not null)
        {
            _tensors.Add(_priorTensor);
        }

        TransformsOptions options = new()
        {
            Channels = dims,
            Transforms = _transforms,
            Prior = _prior,
            Condition = conditions == 0 ? null : new ConditionOptions(conditions, IsClass: false, ConditionInto.Networks),
        };
        return (options, _tensors);
    }

    private void Linear(PluFactors factors, double[] bias)
    {
        Arrange([.. Enumerable.Range(0, dims)]);
        string name = Add(new Transform("linear"));
        Add($"{name}.lower", factors.Lower, dims, dims);
        Add($"{name}.upper", factors.Upper, dims, dims);
        Add($"{name}.log_diagonal", factors.LogDiagonal, dims);
        Add($"{name}.sign", factors.Sign, dims);
        _tensors.Add(new NamedTensor($"{name}.permutation", factors.Permutation, dims));
        ScaleAndShift(bias, new double[dims]);
    }

    private void Arrange(int[] features)
    {
        if (!features.Order().SequenceEqual(Enumerable.Range(0, dims)))
        {
            throw new FlowException(FlowErrorKind.BadFormat, "a transform passes and moves other features than each once");
        }

        if (!features.SequenceEqual(_features))
        {
            int[] order = Array.ConvertAll(features, feature => Array.IndexOf(_features, feature));
            string name = Add(new Transform("permutation") { Order = TransformOrder.Random });
            _tensors.Add(new NamedTensor(name, order, dims));
            _features = features;
        }
    }

    private void AddNetwork(Transform transform, PlacedNetwork network)
    {
        string name = Add(transform with
        {
            Hidden = network.Hidden,
            HiddenLayers = network.HiddenLayers,
            Activation = network.Activation,
            Residual = network.IsResidual,
            AddsCondition = network.AddsCondition,
        });
        foreach ((string of, LinearRows map) in network.Maps)
        {
            Add($"{name}.{of}.weight", [.. map.Weights.SelectMany(row => row)], map.Count, map.Inputs);
            Add($"{name}.{of}.bias", map.Bias, map.Count);
        }
    }

    private string Add(Transform transform)
    {
        _transforms.Add(transform);
        return $"transforms.{_transforms.Count - 1}.{transform.Type}";
    }

    private void Add(string name, double[] values, params ReadOnlySpan<long> shape) =>
        _tensors.Add(new NamedTensor(name, values, shape));
}
