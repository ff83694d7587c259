using System.CommandLine;

using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Likelihood;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>The options of <c>flow train</c>.</summary>
internal sealed class TrainOptions
{
    public Option<string?> Data { get; } = CommandOptions.Text(
        "--data",
        "PATH",
        "Images: digits (built in), or idx, CIFAR records, .npy, .npz, a folder of PNG or PPM. Tables: two-moons, rings, "
            + "checkerboard (built in), or .csv, .tsv, .npy or .npz of two axes, a folder with train, val and test of them");

    public Option<string?> Label { get; } = CommandOptions.Text(
        "--label", "COLUMN", "Tables: the label column of a CSV file, by name or index from 0 [default: none]");

    public Option<ConditionInto?> Conditional { get; } = new("--conditional")
    {
        HelpName = "prior|networks|both",
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Learns a density for each class, by the labels of the data (of a CSV file, those of --label), or with "
            + "--condition-columns given their values: these go into the prior, the networks, or both "
            + "[default: glow and realnvp prior, nice with a logistic prior networks, else both]",
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
        "--out", "RUN", "The folder of the run: missing or empty");

    public Option<string?> Model { get; } = CommandOptions.Choice(
        "--model",
        "The model; all but glow and realnvp take an image as one vector [default: that of --init, else glow]",
        ModelKinds.Names);

    public Option<GlowPreset?> Preset { get; } = CommandOptions.Choice<GlowPreset>(
        "--preset", "Which variant; rosinality can be exported to PyTorch [default: glow]");

    public Option<int?> Levels { get; } = CommandOptions.Number<int>(
        "--levels",
        "Levels, L [default: 2 up to 32 pixels, 3 there in color, above as many as leave 4 pixels; realnvp 2 up to 16 "
            + "pixels, else 3; less where the size does not divide]");

    public Option<int?> Steps { get; } = CommandOptions.Number<int>(
        "--steps", "Steps of a level, K [default: 8 up to 32 pixels, else 16]");

    public Option<int?> Hidden { get; } = CommandOptions.Number<int>(
        "--hidden",
        "Hidden channels, or units of a hidden layer [default: glow 64 up to 16 pixels, 128 up to 32, else 256; "
            + "realnvp 32; maf, iaf 512; nice 1000; dense-glow 256]");

    public Option<int?> Blocks { get; } = CommandOptions.Number<int>(
        "--blocks",
        "Blocks of a model of vectors, residual blocks of a network of realnvp [default: realnvp 2; maf, iaf 5; nice 4; "
            + "dense-glow 10]");

    public Option<int?> Layers { get; } = CommandOptions.Number<int>(
        "--layers", "Hidden layers of the networks of a model of vectors [default: 2; nice 5]");

    public Option<Mixing?> Permutation { get; } = CommandOptions.Choice<Mixing>(
        "--permutation", "How maf and iaf mix the dimensions between blocks [default: reverse]");

    public Option<bool> BatchNorm { get; } = new("--batch-norm")
    {
        Description = "Batch normalization after each block of maf and iaf",
    };

    public Option<PriorKind?> Prior { get; } = CommandOptions.Choice<PriorKind>(
        "--prior", "The distribution of the latents of nice [default: logistic]");

    public Option<CouplingKind?> Coupling { get; } = CommandOptions.Choice<CouplingKind>(
        "--coupling", "The couplings [default: affine]");

    public Option<int?> Bins { get; } = CommandOptions.Number<int>(
        "--bins", "Grey levels to quantize to [default: those of the data: digits 17, else 256]");

    public Option<string?> Pad { get; } = new("--pad")
    {
        HelpName = "SIZE",
        Description = "Pads with zeros: to SIZE x SIZE, or without a value to multiples of 2^levels [default: none]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public Option<int> Batch { get; } = CommandOptions.Number("--batch", "Images or rows of an update; 256 for tables", 64);

    public Option<int?> Epochs { get; } = CommandOptions.Number<int>(
        "--epochs", "Ends after N passes over the data [default, without another end: 40 up to 16 pixels, else 10]");

    public Option<long?> Samples { get; } = CommandOptions.Number<long>(
        "--samples", "Ends after N images or rows [default: none]", "--images");

    public Option<double?> Minutes { get; } = CommandOptions.Number<double>(
        "--minutes", "Ends after N minutes of training, evaluation not counted [default: none]");

    public Option<int?> Patience { get; } = CommandOptions.Number<int>(
        "--patience",
        "Ends after N epochs without a better evaluation of the held-out data, with the best weights; 0 for never "
            + "[default: 30 for tables, else 0]");

    public Option<double> Rate { get; } = CommandOptions.Number("--lr", "Learning rate", 1e-3);

    public Option<OptimizerKind> Optimizer { get; } = CommandOptions.ChoiceOrFirst<OptimizerKind>(
        "--optimizer", "The update rule");

    public Option<Schedule> Schedule { get; } = CommandOptions.ChoiceOrFirst<Schedule>(
        "--schedule", "The learning rate after the warm-up");

    public Option<long> WarmupSamples { get; } = CommandOptions.Number(
        "--warmup-samples", "Images or rows over which the learning rate rises; 25600 for tables", 6_400L, "--warmup-images");

    public Option<double> Clip { get; } = CommandOptions.Number(
        "--clip", "Largest norm of the gradient; 0 for no limit", 1.0);

    public Option<double> Ema { get; } = CommandOptions.Number(
        "--ema", "Decay of the moving average of the weights; 0 for none; 0.99 for tables", 0.999);

    public Option<bool> Flip { get; } = new("--flip") { Description = "Mirrors each image with probability one half" };

    public Option<MemoryMode?> Memory { get; } = CommandOptions.Choice<MemoryMode>(
        "--memory",
        "Keeps activations, or recomputes them by inversion [default: store where it fits half the free memory]");

    public Option<string> Device { get; } = CommandOptions.Device();

    public Option<int> Threads { get; } = CommandOptions.Threads();

    public Option<NetworkPrecision> Precision { get; } = CommandOptions.Precision();

    public Option<int?> ReadEvery { get; } = CommandOptions.Number<int>(
        "--read-every",
        "Updates between two readings of their losses, at most; no result depends on it [default: 1 on the CPU, else 20]");

    public Option<ulong> Seed { get; } = CommandOptions.Seed();

    public Option<string?> Init { get; } = CommandOptions.Text(
        "--init",
        "CHECKPOINT",
        "Starts from its weights and sizes [default: random weights, initialized on the first batch]");

    public Option<string?> Resume { get; } = CommandOptions.Text(
        "--resume", "RUN", "Goes on with a run to the bit; a later end, --device, --precision, --threads and --json may be given");

    public Option<bool> Json { get; } = CommandOptions.Json("Prints the lines of metrics.jsonl, and a last one");

    private Option[] All =>
    [
        Data, Label, Conditional, ConditionColumns, SplitSeed, Logit, Bounds, Out, Model, Preset, Levels, Steps, Hidden,
        Coupling, Blocks, Layers, Permutation, BatchNorm, Prior, Bins, Pad, Batch, Epochs, Samples, Minutes, Patience, Rate, Optimizer, Schedule, WarmupSamples, Clip, Ema, Flip,
        Memory, Device, Threads, Precision, ReadEvery, Seed, Init, Resume, Json,
    ];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The limits on the command line; all null where there are none.</summary>
    public RunLimits Limits(ParseResult parse) =>
        new(parse.GetValue(Epochs), parse.GetValue(Samples), parse.GetValue(Minutes));

    /// <summary>Refuses what would make a resumed run another run.</summary>
    public void RequireResumable(ParseResult parse)
    {
        Option[] allowed = [Resume, Epochs, Samples, Minutes, Device, Threads, Precision, Json];
        if (All.Except(allowed).FirstOrDefault(option => CommandOptions.IsGiven(parse, option)) is Option option)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{option.Name} cannot be given with --resume: the run goes on as its config.json says");
        }
    }
}
