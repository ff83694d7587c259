using System.CommandLine;
using System.Text.Json.Nodes;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Models;
using FlowEngine.Ranks;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary><c>flow train</c>: trains a model into a run folder, or goes on with one.</summary>
internal static class TrainCommand
{
    public static Command Build()
    {
        TrainOptions options = new();
        Command command = new(
            "train",
            "Trains a model. The run folder gets config.json, metrics.jsonl, checkpoint.safetensors (for use), "
            + "training.safetensors (for --resume), samples/ and report.html.");
        options.AddTo(command);
        command.SetAction(parse => Run(options, parse));
        return command;
    }

    private static int Run(TrainOptions options, ParseResult parse)
    {
        bool isJson = parse.GetValue(options.Json);

        // Nothing is to be saved until the ranks have met: a signal ends this process.
        ICommunicator? ranks = JoinedRanks.Join(() => DeviceOf(options, parse));
        using StopSignals signals = new();
        bool isFirst = ranks is not { Rank: > 0 };
        using SteadyWriter output = new(isFirst ? parse.InvocationConfiguration.Output : TextWriter.Null);
        TextWriter error = isFirst ? parse.InvocationConfiguration.Error : TextWriter.Null;
        using TrainingSession session = JoinedRanks.Together(() => parse.GetValue(options.Resume) is string folder
            ? new ResumedRun(options, parse, ranks).Prepare(folder)
            : new FreshRun(options, parse, ranks).Prepare());
        if (!isJson)
        {
            Describe(session, output);
        }

        foreach (string note in session.Notes)
        {
            Note.Write(error, note);
        }

        TrainingDisplay display = TrainingDisplay.For(
            output, Tables.IsTerminal(parse.InvocationConfiguration.Output), error, isJson, session.Config.Model.Unit);
        TrainingRun run = new(session.Folder, session.Config, session.Trainer, session.Data, display);
        if (session.IsResumed)
        {
            WaitLine.During(parse, "reading the run", () => run.Resume(parse.GetValue(options.AllowChangedData)));
        }
        else
        {
            WaitLine.During(parse, "initializing the model", run.Start);
        }

        RunOutcome outcome = display.Show(() => run.Run(signals.Token));
        if (outcome == RunOutcome.Diverged)
        {
            error.WriteLine(
                $"flow: training stopped: 50 updates in a row were not finite, the last because of "
                + $"{session.Trainer.SkippedBecause}; the checkpoint from before them is kept (try a smaller --lr)");
            return 1;
        }

        output.WriteLine(isJson ? DoneLine(session, run, outcome) : DoneText(session, run, outcome));
        if (outcome == RunOutcome.Untrained)
        {
            error.WriteLine($"flow: the run did not train: {run.Failure} (try a smaller --lr)");
            return 1;
        }

        return 0;
    }

    /// <summary>The device of a run, as its user names it.</summary>
    private static string DeviceOf(TrainOptions options, ParseResult parse) =>
        parse.GetValue(options.Resume) is string folder && !CommandOptions.IsGiven(parse, options.Device.Name)
            ? RunFolder.Open(folder).ReadConfig().Device
            : parse.GetRequiredValue(options.Device.Name);

    private static void Describe(TrainingSession session, TextWriter output)
    {
        Trainer trainer = session.Trainer;
        Model model = trainer.Model;
        IModelOptions options = model.Config.Options;
        TrainerOptions training = trainer.Options;
        RunLimits limits = session.Config.Limits;
        string unit = model.Config.Unit.Plural;
        Line($"data    {session.Data.Describe(model.Config)}");
        if (options.Condition is { IsClass: true })
        {
            Line($"classes {model.Config.Classes.Summary}");
        }

        Line($"model   {options.Summary}; {model.Flow.Parameters.Count} parameters");
        Line(
            $"memory  {CommandOptions.NameOf(trainer.Memory)}: "
            + MemoryText.Describe(MemoryPlanner.Describe(
                model.Lowered, model.Context, training.Batch, trainer.Memory, training.Shards)));
        Line(
            FormattableString.Invariant(
                $"train   {CommandOptions.NameOf(training.Optimizer)}, learning rate {training.Rate} ")
            + FormattableString.Invariant(
                $"({CommandOptions.NameOf(training.Schedule)}, warm-up {training.Warmup} {unit}), ")
            + (training.WeightDecay > 0 ? FormattableString.Invariant($"weight decay {training.WeightDecay}, ") : string.Empty)
            + FormattableString.Invariant(
                $"clip {training.Clip}, moving average {training.EmaDecay}, seed {training.Seed}"));
        Line(
            $"run     {session.Folder.Root}: batch {training.Batch}{Shards(trainer)}, {trainer.UpdatesPerEpoch} updates an epoch, until "
            + string.Join(" or ", Ends(limits, unit)));
        if (!session.IsResumed && options is BlockOptions blocks && model.Config.Unit == SampleUnit.Row)
        {
            Line(
                $"chosen  by {session.Data.Train.Count} training rows of {options.Dims} columns, where no option says it: hidden {blocks.Hidden}, optimizer, "
                + $"what mixes columns, batch {training.Batch}, the end, and validation every "
                + (limits.EvaluateEvery > 1 ? $"{limits.EvaluateEvery} epochs" : "epoch")
                + "; the more rows, the more a model can learn before it knows them by heart");
        }

        void Line(string text) => output.WriteLine(PrintableText.OneLine(text));
    }

    private static string Shards(Trainer trainer) =>
        (trainer.Options.Shards > 1 ? $" in {trainer.Options.Shards} shards" : string.Empty)
        + (trainer.Ranks is ICommunicator ranks ? $" on {ranks.Size} ranks" : string.Empty);

    private static IEnumerable<string> Ends(RunLimits limits, string unit)
    {
        if (limits.Epochs is int epochs)
        {
            yield return $"{epochs} epochs";
        }

        if (limits.Samples is long samples)
        {
            yield return $"{samples} {unit}";
        }

        if (limits.Minutes is double minutes)
        {
            yield return FormattableString.Invariant($"{minutes} minutes");
        }

        if (limits.Patience is int patience)
        {
            yield return $"{patience} epochs without a better validation";
        }
    }

    private static string DoneText(TrainingSession session, TrainingRun run, RunOutcome outcome)
    {
        Trainer trainer = session.Trainer;
        string unit = trainer.Model.Config.Unit.Plural;
        string skipped = trainer.Skipped > 0 ? $"; {trainer.Skipped} updates skipped" : string.Empty;
        string best = run.LastEvaluation is { Nats: double nats } eval
            ? FormattableString.Invariant($"; validation {nats:0.0000} ± {2 * eval.NatsStandardError:0.0000} nats ")
                + $"(two standard errors) after {eval.Samples} rows"
                + Note.LeftOut(eval.LeftOut, trainer.Model.Config.Unit)
            : string.Empty;
        return outcome == RunOutcome.Stopped
            ? $"stopped after {trainer.Samples} {unit}{skipped}; go on with: flow train --resume {session.Folder.Root}"
            : FormattableString.Invariant(
                $"done    {trainer.Samples} {unit} in {run.Seconds:0.0} s of training{skipped}{best}; ")
                + JoinedRanks.Told(trainer, run)
                + session.Folder.ReportFile;
    }

    private static string DoneLine(TrainingSession session, TrainingRun run, RunOutcome outcome)
    {
        JsonObject line = new()
        {
            ["kind"] = "done",
            ["outcome"] = CommandOptions.NameOf(outcome),
            ["update"] = session.Trainer.Updates,
            ["samples"] = session.Trainer.Samples,
            ["skipped"] = session.Trainer.Skipped,
            ["seconds"] = run.Seconds,
            ["bits_per_dim"] = JsonNumber.Finite(run.LastEvaluation?.BitsPerDim),
            ["nats"] = JsonNumber.Finite(run.LastEvaluation?.Nats),
            ["run"] = session.Folder.Root,
            ["checkpoint"] = session.Folder.CheckpointFile,
            ["report"] = session.Folder.ReportFile,
        };
        if (JoinedRanks.Figures(session.Trainer) is JsonObject ranks)
        {
            line["ranks"] = ranks;
        }

        return line.ToJsonString();
    }
}
