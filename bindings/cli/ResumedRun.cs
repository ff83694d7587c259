using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Cli;

/// <summary>Prepares a run that goes on from its folder.</summary>
internal sealed class ResumedRun(TrainOptions options, ParseResult parse)
{
    [SuppressMessage("Reliability", "CA2000", Justification = "The session owns them; a failure ends the process.")]
    public TrainingSession Prepare(string path)
    {
        options.RequireResumable(parse);
        RunFolder folder = RunFolder.Open(path);
        RunConfig config = folder.ReadConfig();
        config = config with
        {
            Device = CommandOptions.IsGiven(parse, options.Device)
                ? parse.GetRequiredValue(options.Device)
                : config.Device,
            Precision = CommandOptions.IsGiven(parse, options.Precision)
                ? parse.GetValue(options.Precision)
                : config.Precision,
            Threads = CommandOptions.IsGiven(parse, options.Threads) ? parse.GetValue(options.Threads) : config.Threads,
        };
        (ImageDataset train, ImageDataset heldOut) = DatasetLoader.Load(config.Data);
        RunLimits limits = options.Limits(parse);
        if (!limits.IsEmpty)
        {
            limits.Validate();
            config = config with { Limits = limits, Training = ScheduleEnd.Set(config.Training, limits, train.Count) };
        }

        IBackend backend = Devices.Open(config.Device, config.Threads, config.Precision);
        Model model = Model.Load(folder.CheckpointFile, backend);
        train = train.PrepareFor(model.Config);
        heldOut = heldOut.PrepareFor(model.Config);
        Trainer trainer = new(model, train, config.Training);
        return new TrainingSession(folder, config, backend, trainer, train, heldOut, IsResumed: true);
    }
}
