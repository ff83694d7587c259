using System.Text;
using System.Text.Json;

using FlowEngine.Checkpoints;
using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Training;

/// <summary>
/// The file that resume needs: raw weights, moments, moving average and position. The state of every random stream
/// follows from the position and the seed.
/// </summary>
internal static class TrainingState
{
    private const string Moment1Prefix = "moment1.";
    private const string Moment2Prefix = "moment2.";
    private const string AveragePrefix = "average.";
    private const string KeyedOrder = "keyed";

    public static void Save(string path, Trainer trainer, in TrainingBuffers buffers)
    {
        Model model = trainer.Model;
        List<NamedTensor> tensors = [];
        foreach ((string prefix, BufferView values) in Parts(model, buffers))
        {
            tensors.AddRange(ModelTensors.Write(prefix, model.Flow, model.Backend, values, default));
        }

        CheckpointFile.Save(path, tensors, ToJson(trainer));
    }

    public static (long Updates, long Skipped) Load(
        string path, Trainer trainer, in TrainingBuffers buffers, bool allowsChangedData)
    {
        Model model = trainer.Model;
        CheckpointFile file = CheckpointFile.Load(path);
        (long updates, long skipped) = Parse(file.Config, path, trainer, allowsChangedData);
        List<(string Prefix, BufferView Values)> parts = [.. Parts(model, buffers)];
        foreach ((string prefix, _) in parts)
        {
            ModelTensors.Verify(file, path, prefix, model.Flow, constants: false);
        }

        foreach ((string prefix, BufferView values) in parts)
        {
            ModelTensors.Read(file, path, prefix, model.Flow, model.Backend, values, default);
        }

        return (updates, skipped);
    }

    private static IEnumerable<(string Prefix, BufferView Values)> Parts(Model model, TrainingBuffers buffers)
    {
        yield return (ModelTensors.RawWeightsPrefix, model.Weights);
        yield return (Moment1Prefix, buffers.Moment1);
        yield return (Moment2Prefix, buffers.Moment2);
        if (!buffers.Average.IsEmpty)
        {
            yield return (AveragePrefix, buffers.Average);
        }
    }

    private static string ToJson(Trainer trainer)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("updates", trainer.Updates);
            json.WriteNumber("skipped", trainer.Skipped);
            json.WriteNumber("batch", trainer.Options.Batch);
            json.WriteNumber("shards", trainer.Options.Shards);
            json.WriteNumber("seed", trainer.Options.Seed);
            json.WriteString("optimizer", trainer.Options.Optimizer.ToString());
            if (trainer.DataFingerprint is string data)
            {
                json.WriteString("data", data);
            }

            if (trainer.IsOrderKeyed)
            {
                json.WriteString("order", KeyedOrder);
            }

            WriteMark(json, trainer.Mark);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteMark(Utf8JsonWriter json, RunMark? mark)
    {
        if (mark is null)
        {
            return;
        }

        json.WriteStartObject("run");
        json.WriteBoolean("moment", mark.IsMoment);
        if (mark.StartBitsPerDim is double start)
        {
            json.WriteNumber("start_bits_per_dim", start);
        }

        if (mark.HeldOut is string heldOut)
        {
            json.WriteString("held_out", heldOut);
        }

        json.WriteEndObject();
    }

    /// <summary>Null where no run wrote the state, or one of an earlier release.</summary>
    private static RunMark? ReadMark(JsonElement state) => state.TryGetProperty("run", out JsonElement run)
        ? new RunMark(
            run.GetProperty("moment").GetBoolean(),
            run.TryGetProperty("start_bits_per_dim", out JsonElement start) ? start.GetDouble() : null,
            run.TryGetProperty("held_out", out JsonElement heldOut) ? heldOut.GetString() : null)
        : null;

    private static (long Updates, long Skipped) Parse(string json, string path, Trainer trainer, bool allowsChangedData)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            Expect("batch", root.GetProperty("batch").GetInt32(), trainer.Options.Batch);
            Expect("shards", root.TryGetProperty("shards", out JsonElement shards) ? shards.GetInt32() : 1, trainer.Options.Shards);
            Expect("seed", root.GetProperty("seed").GetUInt64(), trainer.Options.Seed);
            Expect("optimizer", root.GetProperty("optimizer").GetString(), trainer.Options.Optimizer.ToString());
            if (!allowsChangedData && trainer.DataFingerprint is string found && root.TryGetProperty("data", out JsonElement data)
                && data.GetString() != found)
            {
                throw DataFingerprint.Changed(path, "training");
            }

            trainer.IsOrderKeyed = root.TryGetProperty("order", out JsonElement order) && order.GetString() == KeyedOrder;
            trainer.Mark = ReadMark(root);
            (long updates, long skipped) = (root.GetProperty("updates").GetInt64(), root.GetProperty("skipped").GetInt64());
            return updates >= skipped && skipped >= 0
                ? (updates, skipped)
                : throw new FormatException($"{skipped} of {updates} updates skipped");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException
            or InvalidOperationException)
        {
            throw new FlowException(
                FlowErrorKind.BadFormat, $"{path}: not the state of a training run: {exception.Message}", exception);
        }

        void Expect<T>(string name, T found, T expected)
        {
            if (!EqualityComparer<T>.Default.Equals(found, expected))
            {
                throw new FlowException(
                    FlowErrorKind.InvalidArgument, $"{path}: the run's {name} is {found}, it cannot go on with {expected}");
            }
        }
    }
}
