using System.Text.Json;

using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Interop;

/// <summary>Makes checkpoints of flows that zuko, nflows, normflows or flowjax trained.</summary>
/// <remarks>
/// A flow is its state dict as a safetensors file, and a description in JSON: <c>library</c>, <c>features</c>,
/// <c>context</c> (numbers of a condition; 0 for none), and of zuko <c>class</c> and <c>arguments</c>, of nflows
/// <c>transforms</c> and of normflows <c>flows</c>, a list of such modules, and <c>base</c>. What comes of it is a model of
/// the kind <c>transforms</c>, an ordinary one, with the same densities in float64. Weights become float64. A flow of flowjax is
/// an Equinox file, and the arguments that made it, with the standardization of the data: jester's flow_kwargs.json.
/// </remarks>
public static class ForeignFlow
{
    /// <summary>The libraries, by the names that <see cref="Import"/> takes.</summary>
    public static IReadOnlyList<string> Libraries { get; } = ["zuko", "nflows", "normflows", Flowjax];

    private const string Flowjax = "flowjax";

    /// <summary>Makes a checkpoint of a flow.</summary>
    /// <param name="weights">Its state dict, a safetensors file; of flowjax its Equinox file.</param>
    /// <param name="target">The checkpoint to create or replace.</param>
    /// <param name="library">One of <see cref="Libraries"/>.</param>
    /// <param name="description">A JSON file that says what the flow is.</param>
    /// <returns>The configuration of the checkpoint.</returns>
    /// <exception cref="FlowException">As for <see cref="Load"/>; <see cref="FlowErrorKind.Io"/>: a file cannot be read or
    /// written.</exception>
    public static ModelConfig Import(string weights, string target, string library, string description)
    {
        string text = Text(description);
        (ModelConfig config, IReadOnlyList<NamedTensor> tensors) = Require(library) == Flowjax
            ? DataFile.Open(weights, stream => ReadFlowjax(new EquinoxLeaves(stream, weights), text, $"{description}: "))
            : Read(SafetensorsFile.Read(weights), library, text, $"{description}: ");
        CheckpointFile.Save(target, tensors, config.ToJson());
        return config;
    }

    /// <summary>Makes a model of a flow.</summary>
    /// <param name="weights">Its weights, as for <see cref="Import"/>; read from its position to its end; it can seek.</param>
    /// <param name="backend">Where the model runs.</param>
    /// <param name="library">One of <see cref="Libraries"/>.</param>
    /// <param name="description">What the flow is, as JSON.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Unsupported"/>: a module that cannot be brought over, its place
    /// and what would be needed; <see cref="FlowErrorKind.BadFormat"/>: description or weights are not of such a flow.</exception>
    public static Model Load(Stream weights, IBackend backend, string library, string description)
    {
        const string Name = "the weights";
        (ModelConfig config, IReadOnlyList<NamedTensor> tensors) = Require(library) == Flowjax
            ? ReadFlowjax(new EquinoxLeaves(weights, Name), description, string.Empty)
            : Read(SafetensorsFile.Read(weights, Name), library, description, string.Empty);
        return Model.Load(new CheckpointFile(tensors, config.ToJson()), library, backend, change: null);
    }

    private static string Require(string library) => Libraries.Contains(library) ? library : throw new FlowException(
        FlowErrorKind.InvalidArgument,
        $"{library} is no library whose flows are read, expected one of {string.Join(", ", Libraries)}");

    private static (ModelConfig Config, IReadOnlyList<NamedTensor> Tensors) ReadFlowjax(
        EquinoxLeaves leaves, string description, string prefix) =>
        InFile(prefix, () => Complete(FlowjaxFlow.Read(description, leaves)));

    private static (ModelConfig Config, IReadOnlyList<NamedTensor> Tensors) Read(
        SafetensorsFile state, string library, string description, string prefix) =>
        InFile(prefix, () => Complete(Convert(state.Tensors, library, description)));

    private static ForeignFlowBuilder Convert(IEnumerable<NamedTensor> weights, string library, string description)
    {
        using JsonDocument document = JsonDocument.Parse(description);
        ForeignModule flow = new(document.RootElement, "the flow");
        string named = flow.Text("library");
        if (named != library)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"the library is {named}, expected {library} as the caller says");
        }

        ForeignFlowBuilder builder = new(flow.Size("features", 2), flow.Size("context", 0));
        ForeignState state = new(weights);
        switch (library)
        {
            case "zuko":
                ZukoFlow.Read(flow, state, builder);
                break;
            case "nflows":
                NflowsFlow.Read(flow, state, builder);
                break;
            default:
                NormflowsFlow.Read(flow, state, builder);
                break;
        }

        state.ExpectEmpty();
        return builder;
    }

    private static (ModelConfig Config, IReadOnlyList<NamedTensor> Tensors) Complete(ForeignFlowBuilder builder)
    {
        (TransformsOptions options, IReadOnlyList<NamedTensor> tensors) = builder.Build();
        options.Validate();
        return (new ModelConfig(options, IsInitialized: true, DataSchema.AsIs(string.Empty, options)), tensors);
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorKind.Io, $"{path}: cannot be read: {exception.Message}", exception);
        }
    }

    // The prefix of messages names the file of the description, if there is one.
    private static T InFile<T>(string prefix, Func<T> convert)
    {
        try
        {
            return convert();
        }
        catch (FlowException exception)
        {
            throw new FlowException(exception.Kind, prefix + exception.Message, exception);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat, $"{prefix}no description of a flow: {exception.Message}", exception);
        }
    }
}
