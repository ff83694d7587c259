using System.Text.Json;

using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Interop;

/// <summary>Makes checkpoints of flows that zuko, nflows or normflows trained.</summary>
/// <remarks>
/// A flow is its state dict as a safetensors file, and a description in JSON: <c>library</c>, <c>features</c>,
/// <c>context</c> (numbers of a condition; 0 for none), and of zuko <c>class</c> and <c>arguments</c>, of nflows
/// <c>transforms</c> and of normflows <c>flows</c>, a list of such modules, and <c>base</c>. What comes of it is a model of
/// the kind <c>transforms</c>, an ordinary one, with the same densities in float64. Weights become float64.
/// </remarks>
public static class ForeignFlow
{
    /// <summary>The libraries, by the names that <see cref="Import"/> takes.</summary>
    public static IReadOnlyList<string> Libraries { get; } = ["zuko", "nflows", "normflows"];

    /// <summary>Makes a checkpoint of a flow.</summary>
    /// <param name="weights">Its state dict, a safetensors file.</param>
    /// <param name="target">The checkpoint to create or replace.</param>
    /// <param name="library">One of <see cref="Libraries"/>.</param>
    /// <param name="description">A JSON file that says what the flow is.</param>
    /// <returns>The configuration of the checkpoint.</returns>
    /// <exception cref="FlowException">As for <see cref="Load"/>; <see cref="FlowErrorKind.Io"/>: a file cannot be read or
    /// written.</exception>
    public static ModelConfig Import(string weights, string target, string library, string description)
    {
        SafetensorsFile state = SafetensorsFile.Read(weights);
        (ModelConfig config, IReadOnlyList<NamedTensor> tensors) = Read(state, library, Text(description), $"{description}: ");
        CheckpointFile.Save(target, tensors, config.ToJson());
        return config;
    }

    /// <summary>Makes a model of a flow.</summary>
    /// <param name="weights">Its state dict, a safetensors file; read from its position to its end.</param>
    /// <param name="backend">Where the model runs.</param>
    /// <param name="library">One of <see cref="Libraries"/>.</param>
    /// <param name="description">What the flow is, as JSON.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Unsupported"/>: a module that cannot be brought over, its place
    /// and what would be needed; <see cref="FlowErrorKind.BadFormat"/>: description or weights are not of such a flow.</exception>
    public static Model Load(Stream weights, IBackend backend, string library, string description)
    {
        SafetensorsFile state = SafetensorsFile.Read(weights, "the weights");
        (ModelConfig config, IReadOnlyList<NamedTensor> tensors) = Read(state, library, description, string.Empty);
        return Model.Load(new CheckpointFile(tensors, config.ToJson()), library, backend, change: null);
    }

    private static (ModelConfig Config, IReadOnlyList<NamedTensor> Tensors) Read(
        SafetensorsFile state, string library, string description, string prefix)
    {
        if (!Libraries.Contains(library))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{library} is no library whose flows are read, expected one of {string.Join(", ", Libraries)}");
        }

        (TransformsOptions options, IReadOnlyList<NamedTensor> tensors) =
            InFile(prefix, () => Convert(state.Tensors, library, description));
        return (new ModelConfig(options, IsInitialized: true, DataSchema.AsIs(string.Empty, options)), tensors);
    }

    private static (TransformsOptions Options, IReadOnlyList<NamedTensor> Tensors) Convert(
        IEnumerable<NamedTensor> weights, string library, string description)
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
        (double[] Mean, double[] LogScale)? latents = library switch
        {
            "zuko" => ZukoFlow.Read(flow, state, builder),
            "nflows" => NflowsFlow.Read(flow, state, builder),
            _ => NormflowsFlow.Read(flow, state, builder),
        };
        state.ExpectEmpty();
        (TransformsOptions options, IReadOnlyList<NamedTensor> tensors) = builder.Build(latents?.Mean, latents?.LogScale);
        options.Validate();
        return (options, tensors);
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
