using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Ranks;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>Prepares a run that goes on from its folder.</summary>
internal sealed class ResumedRun(TrainOptions options, ParseResult parse, ICommunicator? ranks)
{
    [SuppressMessage("Reliability", "CA2000", Justification = "The session owns them; a failure ends the process.")]
    public TrainingSession Prepare(string path)
    {
        options.RequireResumable(parse);
        RunFolder folder = RunFolder.Open(path);
        RunConfig config = folder.ReadConfig();
        config = config with
        {
            Data = parse.GetValue(options.Data) is string moved ? FreshRun.PathOf(moved) : config.Data,
            Device = Given(options.Device.Name, config.Device),
            Precision = Given(options.Device.Precision, config.Precision),
            Threads = Given(options.Device.Threads, config.Threads),
            Command = string.Join('\n', ((string?[])[config.Command, CommandOptions.CommandLine(parse)]).Where(line => line is not null)),
        };
        ImagePreparation preparation = config.Model.Unit == SampleUnit.Image
            ? config.Model.Images.Preparation
            : ImagePreparation.None;
        RunData data = WaitLine.Reading(parse, config.Data, PictureOptions.Of(preparation), reading => DataSource.Load(
            config.Data, config.Model, FormatOf(config.Model), reading)).ForTraining(config.Model);
        RunLimits limits = options.Limits(parse) with
        {
            Patience = config.Limits.Patience,
            EvaluateEvery = config.Limits.EvaluateEvery,
        };
        if (!limits.IsEmpty)
        {
            limits.Validate();
            config = config with
            {
                Limits = limits,
                Training = ScheduleEnd.Set(config.Training, limits, data.Train.Count),
            };
        }

        IBackend backend = Devices.Open(JoinedRanks.Device(config.Device), JoinedRanks.Threads(config.Threads), config.Precision);
        Model model = Model.Load(folder.CheckpointFile, backend);
        Trainer trainer = new(model, data.Train, config.Training, ranks);
        return new TrainingSession(folder, config, backend, trainer, data, Notes: [], IsResumed: true);
    }

    private T Given<T>(Option<T> option, T otherwise) =>
        CommandOptions.IsGiven(parse, option) ? parse.GetRequiredValue(option) : otherwise;

    /// <summary>A file whose columns got names from nowhere had no header, whatever its first line looks like.</summary>
    private static TableReading FormatOf(ModelConfig model) => CommandOptions.Table(
        hasHeader: model.Data is TableSchema table && table.Columns.All(TableDataset.IsGeneratedName) ? false : null);
}
