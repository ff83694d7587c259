using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

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
        RunData data = DataSource.Load(config.Data, config.Model).ForTraining(config.Model);
        RunLimits limits = options.Limits(parse) with { Patience = config.Limits.Patience };
        if (!limits.IsEmpty)
        {
            limits.Validate();
            config = config with
            {
                Limits = limits,
                Training = ScheduleEnd.Set(config.Training, limits, data.Train.Count),
            };
        }

        IBackend backend = Devices.Open(config.Device, config.Threads, config.Precision);
        Model model = Model.Load(folder.CheckpointFile, backend);
        Trainer trainer = new(model, data.Train, config.Training);
        return new TrainingSession(folder, config, backend, trainer, data, Notes: [], IsResumed: true);
    }
}
