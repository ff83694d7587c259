using System.CommandLine;

using FlowEngine.Architecture;
using FlowEngine.Execution;

namespace FlowEngine.Cli;

/// <summary>The options of <c>flow bench</c>.</summary>
internal sealed class BenchOptions
{
    private const int Bins = 256;

    private readonly ModelFlags _model = new(kind => kind.Published(Images(kind)));

    public Option<int> Size { get; } = CommandOptions.Number("--size", "Rows and columns of an image", 32);

    public Option<int> Channels { get; } = CommandOptions.Number("--channels", "Channels of an image", 3);

    public Option<int> Batch { get; } = CommandOptions.Number("--batch", "Images at once", 16);

    public Option<MemoryMode?> Memory { get; } = CommandOptions.Choice<MemoryMode>(
        "--memory", "Memory mode of training [default: store where it fits half the free memory]");

    public DeviceOptions Device { get; } = new();

    public Option<double> Seconds { get; } = CommandOptions.Number("--seconds", "Time for each measurement", 3.0);

    public Option<ulong> Seed { get; } = CommandOptions.Seed();

    public Option<bool> Json { get; } = CommandOptions.Json("Print one JSON object");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
        [
            .. _model.All, Size, Channels, Batch, Memory, Device.Name, Device.Precision, Device.Threads, Seconds, Seed, Json,
        ])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The model of these options.</summary>
    /// <exception cref="FlowException">The sizes do not fit, or an option is not of the model.</exception>
    public IModelOptions Sizes(ParseResult parse)
    {
        ModelKind kind = ModelKinds.Get(parse.GetValue(_model.Kind) ?? GlowOptions.Description.Name);
        int size = parse.GetValue(Size);
        DataShape shape = new(size, size, parse.GetValue(Channels), Bins);
        IModelOptions sizes = _model.Create(parse, kind, shape, kind.Published(shape));
        sizes.Validate();
        return sizes;
    }

    private static DataShape Images(ModelKind kind) => kind.Example with { Bins = Bins };
}
