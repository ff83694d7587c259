using System.CommandLine;

using FlowEngine.Architecture;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The options of <c>flow train</c>.</summary>
internal sealed class TrainOptions
{
    public Option<string?> Data { get; } = CommandOptions.Text(
        "--data",
        "PATH",
        "Images: digits (built in), or idx, CIFAR records, .npy, .npz, a folder of pictures. Tables: two-moons, rings, "
            + "checkerboard (built in), or .csv, .tsv, .parquet, .arrow, .npy or .npz of two axes, a folder with train, val and test of them");

    public Option<string?> Label { get; } = CommandOptions.Text(
        "--label", "COLUMN", "Tables: the label column, by name or index from 0 [default: none]");

    public Option<string?> Header { get; } = CommandOptions.Header();

    public Option<ConditionInto?> Conditional { get; } = new("--conditional")
    {
        HelpName = string.Join('|', ConditionOptions.IntoSetting.Names),
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Learns a density for each class (the labels of the data, in a CSV file --label), or with --condition-columns "
            + "one given their values. The value says what reads the condition [default: "
            + string.Join("; ", ModelKinds.All
                .GroupBy(kind => kind.ConditionInto(kind.Defaults(kind.Example)))
                .Select(same => $"{string.Join(", ", same)} {CommandOptions.NameOf(same.Key)}")) + "]",
        CustomParser = result => result.Tokens.Count > 0
            ? CommandOptions.ParseChoice<ConditionInto>(result, "--conditional")
            : null,
    };

    public Option<string?> ConditionColumns { get; } = CommandOptions.Text(
        "--condition-columns",
        "A,B",
        "Tables: learns the density of the other columns given these, by name or index from 0 [default: none]");

    public Option<ulong> SplitSeed { get; } = CommandOptions.Number(
        "--split-seed", "Tables: chooses the validation and test rows where the data have no such parts", 0UL);

    public Option<double?> Logit { get; } = CommandOptions.Number<double>(
        "--logit", "Tables: for bounded data, trains on logit(N + (1 - 2N) (x - low) / (high - low)) [default: none]");

    public Option<string?> Bounds { get; } = CommandOptions.Text(
        "--bounds", "LOW,HIGH", "Tables: the bounds of --logit [default: 0,1]");

    public Option<string?> Out { get; } = CommandOptions.Text(
        "--out", "RUN", "The folder of the run; it must not exist, or be empty");

    public ModelFlags Model { get; } = new();

    public Option<int?> Bins { get; } = CommandOptions.Number<int>(
        "--bins", "Grey levels to quantize to [default: those of the data: digits 17, else 256]");

    public Option<string?> Pad { get; } = new("--pad")
    {
        HelpName = "SIZE",
        Description = "Pads with zeros: to SIZE x SIZE, or without a value to multiples of 2^levels [default: none]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public PictureOptions Pictures { get; } = new();

    public TrainingFlags Training { get; } = new();

    public Option<int?> Epochs { get; } = CommandOptions.Number<int>(
        "--epochs", "Ends after N passes over the data [default, without another end: 40 up to 16 pixels, else 10; tables by their rows]");

    public Option<long?> Samples { get; } = CommandOptions.Number<long>(
        "--samples", "Ends after N images or rows [default: none]", "--images");

    public Option<double?> Minutes { get; } = CommandOptions.Number<double>(
        "--minutes", "Ends after N minutes of training, evaluation not counted [default: none]");

    public Option<int?> Patience { get; } = CommandOptions.Number<int>(
        "--patience",
        "After N epochs without a better evaluation of the held-out data the rate falls as at the end, and the run ends, with the best "
            + "weights; 0 for never [default: a fifth of the run for tables, else 0]");

    public DeviceOptions Device { get; } = new();

    public Option<ulong> Seed { get; } = CommandOptions.Seed();

    public Option<string?> Init { get; } = CommandOptions.Text(
        "--init",
        "CHECKPOINT",
        "Starts from its weights and sizes [default: random weights, initialized on the first batch]");

    public Option<string?> Resume { get; } = CommandOptions.Text(
        "--resume", "RUN", "Continues a run, with the same bits; beside it only a later end, --data for data that have moved, --device, "
            + "--precision, --threads and --json can be given");

    public Option<bool> AllowChangedData { get; } = new("--allow-changed-data")
    {
        Description = "With --resume: continues although the data are not those that the run began with",
    };

    public Option<bool> Json { get; } = CommandOptions.Json("Prints the lines of metrics.jsonl, and a last one");

    public void AddTo(Command command)
    {
        Option[] all =
        [
            Data, Label, Header, Conditional, ConditionColumns, SplitSeed, Logit, Bounds, Out, .. Model.All, .. Pictures.All, Bins, Pad,
            Epochs, Samples, Minutes, Patience, .. Training.All, Device.Name, Device.Threads, Device.Precision, Seed, Init, Resume,
            AllowChangedData, Json,
        ];
        foreach (Option option in all)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What is to read the condition of a model.</summary>
    public ConditionInto Into(ParseResult parse, IModelOptions model) =>
        parse.GetValue(Conditional) ?? model.Kind.ConditionInto(model);

    /// <summary>The limits on the command line; all null where there are none.</summary>
    public RunLimits Limits(ParseResult parse) =>
        new(parse.GetValue(Epochs), parse.GetValue(Samples), parse.GetValue(Minutes));

    /// <summary>Refuses what would make a resumed run another run.</summary>
    public void RequireResumable(ParseResult parse)
    {
        Option[] allowed =
        [
            Resume, Data, AllowChangedData, Epochs, Samples, Minutes, Device.Name, Device.Threads, Device.Precision, Json,
        ];
        if (parse.CommandResult.Command.Options.Except(allowed)
            .FirstOrDefault(option => CommandOptions.IsGiven(parse, option)) is Option option)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{option.Name} cannot be given with --resume: the run goes on as its config.json says");
        }
    }
}
