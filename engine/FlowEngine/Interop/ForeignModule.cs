using System.Text.Json;
using System.Text.Json.Nodes;

using FlowEngine.Architecture;
using FlowEngine.Kernels;

namespace FlowEngine.Interop;

/// <summary>One module of a description: its class and the arguments it was made with.</summary>
/// <param name="Json">The object.</param>
/// <param name="Place">Where it is, for messages, such as <c>transform 3</c>.</param>
internal sealed record ForeignModule(JsonElement Json, string Place)
{
    /// <summary>A module that is not in a description as one.</summary>
    /// <param name="module">The object.</param>
    /// <param name="place">Where it is.</param>
    public static ForeignModule Of(JsonObject module, string place)
    {
        using JsonDocument document = JsonDocument.Parse(module.ToJsonString());
        return new ForeignModule(document.RootElement.Clone(), place);
    }

    /// <summary>The class.</summary>
    public string Class => Json.TryGetProperty("class", out JsonElement name) && name.ValueKind == JsonValueKind.String
        ? name.GetString()!
        : throw new FlowException(FlowErrorKind.BadFormat, $"{Place} has no class");

    /// <summary>True if it has such a member.</summary>
    public bool Has(string key) => Json.TryGetProperty(key, out _);

    /// <summary>Its path in the state dict; null where the description does not say it.</summary>
    public string? Path => Json.TryGetProperty("path", out JsonElement path) ? path.ToString() : null;

    /// <summary>The base of a flow, which the description has as the name of a class or as a module.</summary>
    /// <param name="known">The classes that are read; the first one stands for a flow without a base.</param>
    public ForeignModule Base(params ReadOnlySpan<string> known)
    {
        ForeignModule found = Inner("base") is ForeignModule module ? module with { Place = "the base" } : Of(
            new JsonObject { ["class"] = Json.TryGetProperty("base", out JsonElement name) ? name.ToString() : known[0] },
            "the base");
        return known.Contains(found.Class) ? found : throw new FlowException(
            FlowErrorKind.Unsupported, $"the base is {found.Class}, expected {string.Join(" or ", known!)}");
    }

    /// <summary>Finds a module that this one has under a key; null if it has none.</summary>
    public ForeignModule? Inner(string key) => Json.TryGetProperty(key, out JsonElement inner)
        && inner.ValueKind == JsonValueKind.Object
            ? new(inner, $"{Place}: {key}")
            : null;

    /// <summary>The modules of a list.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="noun">What messages call one.</param>
    public IEnumerable<ForeignModule> List(string key, string noun) =>
        Json.TryGetProperty(key, out JsonElement list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
            ? list.EnumerateArray().Select((item, index) =>
            {
                ForeignModule module = new(item, $"{noun} {index}");
                return module with { Place = module.Path ?? module.Place };
            })
            : throw new FlowException(FlowErrorKind.BadFormat, $"it has no {key}, expected a list of modules");

    /// <summary>A text of the description.</summary>
    public string Text(string key) => Json.TryGetProperty(key, out JsonElement text) && text.ValueKind == JsonValueKind.String
        ? text.GetString()!
        : throw new FlowException(FlowErrorKind.BadFormat, $"it has no {key}");

    /// <summary>A size of the description.</summary>
    public int Size(string key, int least) => Json.TryGetProperty(key, out JsonElement size)
        && size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int value) && value >= least && value <= 1 << 14
            ? value
            : throw new FlowException(
                FlowErrorKind.BadFormat, $"its {key} is {(size.ValueKind == JsonValueKind.Undefined ? "missing" : size)}, "
                + $"expected an integer of {least} to {1 << 14}");

    /// <summary>Checks that the module has no argument but these, by name, or these with one value.</summary>
    /// <param name="known">Arguments that may have any value, beside those of <see cref="Activation"/>.</param>
    /// <param name="fixedTo">Arguments that may have one value, as JSON writes it.</param>
    /// <exception cref="FlowException">It has another one: which, and what would be needed.</exception>
    public void Allow(IReadOnlyCollection<string> known, params ReadOnlySpan<(string Name, string[] Values)> fixedTo)
    {
        if (!Json.TryGetProperty("arguments", out JsonElement arguments) || arguments.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (JsonProperty argument in arguments.EnumerateObject())
        {
            if (known.Contains(argument.Name)
                || argument.Name is "activation" or "negative_slope" or "alpha" or "approximate"
                || argument.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            string[]? values = null;
            foreach ((string name, string[] allowed) in fixedTo)
            {
                values = name == argument.Name ? allowed : values;
            }

            string text = argument.Value.ToString();
            if (values is null)
            {
                throw Refuse($"its argument {argument.Name} is not read; it is {text}");
            }

            if (!values.Contains(text, StringComparer.OrdinalIgnoreCase))
            {
                throw Refuse($"its {argument.Name} is {text}, expected {string.Join(" or ", values)}");
            }
        }
    }

    /// <summary>A number among the arguments.</summary>
    public double Number(string name, double otherwise) => Find(name) is JsonElement value
        ? value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : throw new FlowException(FlowErrorKind.BadFormat, $"{Place}: {name} is {value}, expected a number")
        : otherwise;

    /// <summary>An integer among the arguments.</summary>
    public int Integer(string name, int otherwise) => Number(name, otherwise) is double value && value == (int)value
        ? (int)value
        : throw new FlowException(FlowErrorKind.BadFormat, $"{Place}: {name} is {Find(name)}, expected an integer");

    /// <summary>A map of splines.</summary>
    /// <param name="map">Whose definition it is.</param>
    /// <param name="bins">Its bins.</param>
    /// <param name="bound">Its bound.</param>
    public Transform Spline(TransformMap map, int bins, double bound) =>
        bins is >= 2 and <= RationalQuadraticSpline.LargestBins && bound > 0 && double.IsFinite(bound)
            ? new(string.Empty) { Map = map, SplineBins = bins, Bound = bound }
            : throw Refuse(
                $"its splines have {bins} bins and the bound {bound}, expected 2 to {RationalQuadraticSpline.LargestBins} and a positive number");

    /// <summary>The activation among the arguments, by the name of PyTorch's function or module.</summary>
    public ForeignActivation Activation()
    {
        string name = Word("activation", "ReLU");
        string plain = name.TrimEnd('\'', '>').Split('.')[^1].Replace("_", string.Empty, StringComparison.Ordinal);
        return plain.ToUpperInvariant() switch
        {
            "RELU" => new(Kernels.Activation.Relu),
            "LEAKYRELU" => new(Kernels.Activation.Relu, Number("negative_slope", 0.01)),
            "TANH" => new(Kernels.Activation.Tanh),
            "ELU" when Number("alpha", 1) == 1 => new(Kernels.Activation.Elu),
            "SILU" => new(Kernels.Activation.Silu),
            "GELU" => new(
                Word("approximate", "none") == "tanh" ? Kernels.Activation.GeluTanh : Kernels.Activation.Gelu),
            "ELU" => throw Refuse($"its activation is ELU with alpha {Number("alpha", 1)}, expected alpha 1"),
            _ => throw Refuse($"its activation is {name}, expected one of ReLU, LeakyReLU, Tanh, ELU, SiLU and GELU"),
        };
    }

    /// <summary>A list of numbers among the arguments; null if there is none.</summary>
    public double[]? Numbers(string name, int count) => Find(name) is not JsonElement list ? null
        : list.ValueKind == JsonValueKind.Array
            && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && double.IsFinite(item.GetDouble()))
            && list.GetArrayLength() == count
                ? [.. list.EnumerateArray().Select(item => item.GetDouble())]
                : throw new FlowException(FlowErrorKind.BadFormat, $"{Place}: {name} is {list}, expected {count} numbers");

    /// <summary>A list of numbers among the arguments, or one number for all; null if the argument is missing.</summary>
    public double[]? NumbersOfEach(string name, int count) => Find(name) is { ValueKind: JsonValueKind.Number }
        ? [.. Enumerable.Repeat(Number(name, 0), count)]
        : Numbers(name, count);

    /// <summary>A word among the arguments.</summary>
    public string Word(string name, string otherwise) => Find(name) is JsonElement value ? value.ToString() : otherwise;

    /// <summary>A truth value among the arguments.</summary>
    public bool Switch(string name, bool otherwise) => Find(name) is JsonElement value
        ? value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new FlowException(FlowErrorKind.BadFormat, $"{Place}: {name} is {value}, expected true or false")
        : otherwise;

    /// <summary>What is not supported, with the module and its place.</summary>
    public FlowException Refuse(string reason) => new(FlowErrorKind.Unsupported, $"{Place} ({Class}): {reason}");

    private JsonElement? Find(string name) => Json.TryGetProperty("arguments", out JsonElement arguments)
        && arguments.ValueKind == JsonValueKind.Object
        && arguments.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
}
