using System.CommandLine;
using System.Text.Json.Nodes;

using FlowEngine.Anomalies;
using FlowEngine.Checkpoints;
using FlowEngine.Data;
using FlowEngine.Execution;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Cli;

/// <summary><c>flow info</c>: what a checkpoint is, what memory it takes, how invertible its layers are.</summary>
internal static class InfoCommand
{
    private const int CheckedSamples = 8;
    private const int CheckedValues = 1 << 24;

    private static readonly Argument<string> _checkpoint = CommandOptions.Checkpoint();
    private static readonly Option<int> _batch = CommandOptions.Number(
        "--batch", "Samples at once, for the memory plan", 64);
    private static readonly Option<string?> _data = CommandOptions.Text(
        "--data", "PATH", "Images or rows to check invertibility on [default: samples of the model]");

    private static readonly PictureOptions _pictures = new();
    private static readonly Option<ulong> _seed = CommandOptions.Seed();
    private static readonly DeviceOptions _device = new();
    private static readonly Option<bool> _json = CommandOptions.Json("Print one JSON object");

    public static Command Build()
    {
        Command command = new("info", "Describes a checkpoint: configuration, memory, invertibility of each layer.")
        {
            _checkpoint, _batch, _data, _pictures.Size, _pictures.Gray, _pictures.Rgb, _seed, _device.Name, _device.Threads, _device.Precision, _json,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        string path = CheckpointPath.Resolve(parse.GetRequiredValue(_checkpoint));
        CheckpointFile checkpoint = CheckpointFile.Load(path);
        if (AnomalyDetector.IsDetector(checkpoint))
        {
            return WriteDetector(parse, path, checkpoint);
        }

        using IBackend backend = _device.Open(parse);
        using Model model = Model.Load(checkpoint, path, backend, change: null);
        model.BatchSize = Math.Min(parse.GetValue(_batch), model.Flow.LargestBatch);
        (string Mode, IReadOnlyList<(string Name, long Bytes)> Parts)[] plans =
        [
            ("inference", model.PlanMemory(model.BatchSize, null)),
            ("train, store", model.PlanMemory(model.BatchSize, MemoryMode.Store)),
            ("train, invert", model.PlanMemory(model.BatchSize, MemoryMode.Invert)),
        ];
        int samples = Math.Min(CheckedSamples, CheckedValues / model.Flow.Dims);
        IReadOnlyList<LayerInvertibility> layers = model.Config.IsInitialized && samples > 0
            ? model.CheckInvertibility(Samples(parse, model, samples), new float[model.Flow.ConditionLength])
            : [];
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(_json))
        {
            output.WriteLine(Json(model, plans, layers).ToJsonString());
        }
        else
        {
            InfoTables.Write(output, path, model, plans, layers);
        }

        return 0;
    }

    private static int WriteDetector(ParseResult parse, string path, CheckpointFile checkpoint)
    {
        AnomalyDetector detector = AnomalyDetector.Load(checkpoint, path);
        TextWriter output = parse.InvocationConfiguration.Output;
        if (parse.GetValue(_json))
        {
            JsonObject json = new()
            {
                ["config"] = JsonNode.Parse(checkpoint.Config),
                ["held_out_rows"] = detector.HeldOutRows,
            };
            output.WriteLine(json.ToJsonString());
        }
        else
        {
            InfoTables.Write(output, path, detector);
        }

        return 0;
    }

    /// <summary>Samples as the layers see them: of a data set, grey levels at their middle, or drawn from the model.</summary>
    private static float[] Samples(ParseResult parse, Model model, int count)
    {
        if (parse.GetValue(_data) is not string source)
        {
            return model.Sample(
                count, 1, parse.GetValue(_seed), 0, new float[model.Flow.ConditionLength]);
        }

        DataSource data = DataSource.Load(source, model.Config, CommandOptions.Table(), _pictures.Reading(parse));
        IDataset part = data.Part(DataPart.Test, model.Config, count);
        part = part.Count > 0 ? part : data.Part(DataPart.Train, model.Config, count);
        int[] indices = [.. Enumerable.Range(0, part.Count)];
        float[] values = new float[part.Count * part.Dims];
        if (part.Bins is not int bins)
        {
            part.Fill(indices, [], values);
            return values;
        }

        byte[] levels = new byte[values.Length];
        part.Fill(indices, levels, []);
        return Array.ConvertAll(levels, level => ((level + 0.5f) / bins) - 0.5f);
    }

    private static JsonObject Json(
        Model model,
        (string Mode, IReadOnlyList<(string Name, long Bytes)> Parts)[] plans,
        IReadOnlyList<LayerInvertibility> layers)
    {
        JsonObject memory = [];
        foreach ((string mode, IReadOnlyList<(string Name, long Bytes)> parts) in plans)
        {
            JsonObject plan = [];
            foreach (IGrouping<string, (string Name, long Bytes)> part in parts.GroupBy(part => part.Name))
            {
                plan[part.Key] = part.Sum(same => same.Bytes);
            }

            memory[mode.Replace("train, ", string.Empty, StringComparison.Ordinal)] = plan;
        }

        DeviceMemory device = model.Backend.Memory;

        return new JsonObject
        {
            ["config"] = JsonNode.Parse(model.Config.ToJson()),
            ["parameters"] = model.Flow.Parameters.Count,
            ["batch"] = model.BatchSize,
            ["memory_bytes"] = memory,
            ["device"] = model.Backend.Name,
            ["device_free_bytes"] = device.FreeBytes,
            ["device_total_bytes"] = device.TotalBytes,
            ["largest_batch"] = new JsonObject
            {
                ["inference"] = model.LargestBatch(null, device.FreeBytes),
                ["store"] = model.LargestBatch(MemoryMode.Store, device.FreeBytes),
                ["invert"] = model.LargestBatch(MemoryMode.Invert, device.FreeBytes),
            },
            ["layers"] = new JsonArray([.. layers.Select(layer => new JsonObject
            {
                ["name"] = layer.Name,
                ["round_trip_error"] = JsonNumber.Finite(layer.RoundTripError),
                ["condition_number"] = JsonNumber.Finite(layer.ConditionNumber),
                ["smallest_scale"] = JsonNumber.Finite(layer.SmallestScale),
            })]),
        };
    }
}
