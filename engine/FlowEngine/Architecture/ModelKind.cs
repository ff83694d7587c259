using System.Text.Json;

using FlowEngine.Settings;
using FlowEngine.Tensors;

namespace FlowEngine.Architecture;

/// <summary>
/// One kind of model, described once: what it takes, its options, how it is built, what refuses it. The command, JSON, the
/// C API and Python follow from it.
/// </summary>
public abstract class ModelKind
{
    /// <summary>The key in JSON of <see cref="DataShape.ExtremeShare"/>, which defaults follow and no file keeps.</summary>
    internal const string ExtremeShareKey = "extreme_share";

    private protected ModelKind()
    {
    }

    /// <summary>The name in checkpoints, the command and the bindings.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, for people: a noun.</summary>
    public required string Title { get; init; }

    /// <summary>The data it takes.</summary>
    public required DataKind Data { get; init; }

    /// <summary>Its options, in the order of checkpoints.</summary>
    public required IReadOnlyList<Setting> Settings { get; init; }

    /// <summary>What its models, or some of them, cannot be used for, with the reasons.</summary>
    public abstract IEnumerable<(ModelUse Use, string Reason)> Refusals { get; }

    /// <summary>An example of what it takes, where a default is asked for that does not depend on it.</summary>
    public DataShape Example => Data == DataKind.Images ? new(32, 32, 3, 256) : new(1, 1, 2, null);

    /// <summary>The options of a model where nobody chose any.</summary>
    /// <param name="shape">Its data.</param>
    public abstract IModelOptions Defaults(DataShape shape);

    /// <summary>The sizes that benchmarks use where nobody chose any: those of the publication where it has some.</summary>
    /// <param name="shape">The data.</param>
    public abstract IModelOptions Published(DataShape shape);

    /// <summary>How often its models halve an image.</summary>
    /// <param name="options">The options of one.</param>
    public abstract int Halvings(IModelOptions options);

    /// <summary>What reads a condition where nobody chose.</summary>
    /// <param name="options">The options of a model.</param>
    public abstract ConditionInto ConditionInto(IModelOptions options);

    /// <summary>Why a model cannot be used for something; null where it can.</summary>
    /// <param name="options">The options of the model.</param>
    /// <param name="use">What for.</param>
    public abstract string? Refusal(IModelOptions options, ModelUse use);

    /// <inheritdoc cref="IModelOptions.Build"/>
    /// <param name="options">The options of the model.</param>
    public Flow Build(IModelOptions options) => Build(options, new ParameterSet());

    /// <summary>Builds the architecture.</summary>
    /// <param name="options">The options of the model.</param>
    /// <param name="parameters">Where its parameters go: empty, and it may refuse some.</param>
    internal Flow Build(IModelOptions options, ParameterSet parameters)
    {
        Validate(options);
        return BuildValid(options, parameters);
    }

    /// <inheritdoc cref="IModelOptions.Validate"/>
    /// <param name="options">The options of the model.</param>
    public void Validate(IModelOptions options)
    {
        foreach (Setting setting in Settings)
        {
            setting.Check(options);
        }

        options.Condition?.Validate();
        Require(options.Condition is { IntoNetworks: true }, ModelUse.NetworkCondition);
        Require(options.Condition is { IntoPrior: true }, ModelUse.PriorCondition);
        CheckFit(options);

        void Require(bool isWanted, ModelUse use)
        {
            if (isWanted && Refusal(options, use) is string reason)
            {
                throw new FlowException(FlowErrorKind.Unsupported, reason);
            }
        }
    }

    /// <summary>Options of a model: those given, before those of another model, before the defaults.</summary>
    /// <param name="shape">Its data.</param>
    /// <param name="given">Values by name, as <see cref="Setting.With"/> takes them.</param>
    /// <param name="from">A model of this kind; null for none.</param>
    /// <exception cref="FlowException">The kind has no such option.</exception>
    public IModelOptions Create(
        DataShape shape, IEnumerable<KeyValuePair<string, object?>> given, IModelOptions? from = null)
    {
        IModelOptions options = from?.WithShape(shape) ?? Defaults(shape);
        foreach ((string name, object? value) in given)
        {
            options = (IModelOptions)Find(name).With(options, value);
        }

        return options;
    }

    /// <summary>One of its options.</summary>
    /// <param name="name">The key in JSON.</param>
    /// <exception cref="FlowException">There is no such option: which there are.</exception>
    public Setting Find(string name) => Settings.FirstOrDefault(setting => setting.Name == name)
        ?? throw new FlowException(
            FlowErrorKind.InvalidArgument,
            $"{name} is no option of the model {Name}, expected one of "
            + string.Join(", ", Settings.Where(setting => !setting.IsOfData).Select(setting => setting.Name)));

    /// <summary>Writes options into an open JSON object.</summary>
    /// <param name="json">Where they go.</param>
    /// <param name="options">The options of a model of this kind.</param>
    public void Write(Utf8JsonWriter json, IModelOptions options)
    {
        json.WriteString("model", Name);
        foreach (Setting setting in Settings)
        {
            setting.Write(json, options);
            if (setting.Name == "bins")
            {
                options.Condition?.Write(json);
            }
        }
    }

    /// <summary>The options in a JSON object.</summary>
    /// <param name="json">The object.</param>
    /// <param name="isWhole">True for what <see cref="Write"/> wrote, false where what is missing has its default.</param>
    /// <exception cref="FormatException">An option is missing, or the option does not take a value.</exception>
    internal IModelOptions Read(JsonElement json, bool isWhole)
    {
        int? bins = json.TryGetProperty("bins", out JsonElement levels) ? (int?)Find("bins").Read(levels) : null;
        DataShape shape = new(Size("height", 1), Size("width", 1), Size("channels", null), bins)
        {
            ExtremeShare = ExtremeShare(),
        };
        IModelOptions options = Defaults(shape).WithShape(shape);
        foreach (Setting setting in Settings)
        {
            if (json.TryGetProperty(setting.Name, out JsonElement value))
            {
                options = (IModelOptions)setting.With(options, setting.Read(value));
            }
            else if (isWhole && setting.Get(options) is not null)
            {
                options = (IModelOptions)setting.With(
                    options, setting.InOlderFiles ?? throw new FormatException($"{setting.Name} is missing"));
            }
        }

        return options.WithCondition(ConditionOptions.Read(json, ConditionInto(options)));

        double ExtremeShare() => !json.TryGetProperty(ExtremeShareKey, out JsonElement share) ? 0
            : share.GetDouble() is double value and >= 0 and <= 1 ? value
            : throw new FormatException($"{ExtremeShareKey} is {share.GetRawText()}, expected 0 to 1");

        int Size(string name, int? otherwise) => json.TryGetProperty(name, out JsonElement size)
            ? (int)Find(name).Read(size)!
            : otherwise ?? throw new FormatException($"{name} is missing");
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Checks the options against each other.</summary>
    private protected abstract void CheckFit(IModelOptions options);

    /// <summary>Builds what was checked.</summary>
    private protected abstract Flow BuildValid(IModelOptions options, ParameterSet parameters);
}
