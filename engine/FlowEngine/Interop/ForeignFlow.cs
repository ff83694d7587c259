using System.Text.Json;

using FlowEngine.Architecture;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
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
    /// <exception cref="FlowException"><see cref="FlowErrorKind.Unsupported"/>: a module that cannot be brought over, its place
    /// and what would be needed; <see cref="FlowErrorKind.BadFormat"/>: description or weights are not of such a flow;
    /// <see cref="FlowErrorKind.Io"/>: a file cannot be read or written.</exception>
    public static ModelConfig Import(string weights, string target, string library, string description)
    {
        SafetensorsFile state = SafetensorsFile.Read(weights);
        string text = Text(description);
        (TransformsOptions options, IReadOnlyList<NamedTensor> tensors) =
            InFile(description, () => Convert(state.Tensors, library, text));
        ModelConfig config = new(options, IsInitialized: true, DataSchema.AsIs(string.Empty, options));
        CheckpointFile.Save(target, tensors, config.ToJson());
        return config;
    }

    /// <summary>The options and tensors of a flow.</summary>
    internal static (TransformsOptions Options, IReadOnlyList<NamedTensor> Tensors) Convert(
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
        (double[] Mean, double[] LogScale)? latents = null;
        switch (library)
        {
            case "zuko":
                latents = ZukoFlow.Read(flow, state, builder);
                break;
            case "nflows":
                NflowsFlow.Read(flow, state, builder);
                break;
            case "normflows":
                latents = NormflowsFlow.Read(flow, state, builder);
                break;
            default:
                throw new FlowException(
                    FlowErrorKind.InvalidArgument,
                    $"{library} is no library whose flows are read, expected {string.Join(", ", Libraries)}");
        }

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

    private static T InFile<T>(string path, Func<T> convert)
    {
        try
        {
            return convert();
        }
        catch (FlowException exception)
        {
            throw new FlowException(exception.Kind, $"{path}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat, $"{path}: is no description of a flow: {exception.Message}", exception);
        }
    }
}
