namespace FlowEngine.Tensors;

/// <summary>
/// The parameters of a model in the order its layers made them, and their places in two flat buffers, one of trained
/// values and one of constants: one launch updates all of them.
/// </summary>
public sealed class ParameterSet
{
    private readonly List<Parameter> _all = [];
    private readonly HashSet<string> _names = [];
    private readonly Action<Parameter>? _check;

    /// <summary>An empty set.</summary>
    public ParameterSet()
    {
    }

    /// <summary>An empty set that refuses some parameters, so that no more is built than a file has values for.</summary>
    /// <param name="check">Throws for those.</param>
    internal ParameterSet(Action<Parameter> check) => _check = check;

    /// <summary>Every parameter and constant.</summary>
    public IReadOnlyList<Parameter> All => _all;

    /// <summary>The elements of the flat buffer of trained values.</summary>
    public long Length { get; private set; }

    /// <summary>The elements of the flat buffer of constants.</summary>
    public long ConstantLength { get; private set; }

    /// <summary>The number of trained values.</summary>
    public long Count => _all.Where(p => !p.IsConstant).Sum(p => (long)p.Length);

    /// <summary>Adds a trained parameter.</summary>
    /// <param name="name">Its name in checkpoints.</param>
    /// <param name="shape">Its shape in memory.</param>
    /// <param name="initializer">Its first values; null for zeros.</param>
    /// <param name="fileAxes">The axes of <paramref name="shape"/> in the order of files; null for the same.</param>
    public Parameter Add(string name, int[] shape, Initializer? initializer = null, int[]? fileAxes = null)
    {
        Parameter parameter = Create(name, shape, fileAxes, Length, isConstant: false, initializer);
        Length += CacheLine.Aligned(parameter.Length);
        return parameter;
    }

    /// <summary>Adds an array that is stored but not trained.</summary>
    /// <param name="name">Its name in checkpoints.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="initializer">Its first values.</param>
    public Parameter AddConstant(string name, int[] shape, Initializer initializer)
    {
        Parameter parameter = Create(name, shape, null, ConstantLength, isConstant: true, initializer);
        ConstantLength += CacheLine.Aligned(parameter.Length);
        return parameter;
    }

    private Parameter Create(
        string name, int[] shape, int[]? fileAxes, long offset, bool isConstant, Initializer? initializer)
    {
        if (!_names.Add(name))
        {
            throw new ArgumentException($"two parameters are named {name}", nameof(name));
        }

        int[] axes = fileAxes ?? [.. Enumerable.Range(0, shape.Length)];
        Parameter parameter = new(
            name, shape, axes, offset, isConstant, initializer ?? ((_, length) => new double[length]));
        _check?.Invoke(parameter);
        _all.Add(parameter);
        return parameter;
    }
}
