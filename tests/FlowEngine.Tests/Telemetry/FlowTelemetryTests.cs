using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Telemetry;
using FlowEngine.Tests.Models;
using FlowEngine.Training;
using Xunit;

namespace FlowEngine.Tests.Telemetry;

/// <summary>What a monitor is told. Other tests run beside these: what other threads tell is not counted.</summary>
public sealed class FlowTelemetryTests : IDisposable
{
    private readonly CpuBackend _backend = new(1);
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void A_call_is_counted_by_batch_and_is_an_activity()
    {
        using Model model = TinyGlow.Perturbed(_backend, TinyVectors.Maf());
        model.BatchSize = 4;
        List<Activity> calls = [];
        using ActivityListener activities = new()
        {
            ShouldListenTo = source => source.Name == FlowTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Environment.CurrentManagedThreadId == _thread)
                {
                    calls.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(activities);
        Dictionary<string, List<(double Value, string Tags)>> told = Listen(() => model.LogProb(new float[5 * 10]));
        Assert.Equal(
            [(4, "flowengine.model=maf flowengine.operation=log_prob"), (4, "flowengine.model=maf flowengine.operation=log_prob"), (2, "flowengine.model=maf flowengine.operation=log_prob")],
            told["flowengine.inference.samples"]);
        Assert.Equal(3, told["flowengine.inference.duration"].Count);
        Assert.All(told["flowengine.inference.duration"], batch => Assert.True(batch.Value is > 0 and < 60));
        Activity call = Assert.Single(calls);
        Assert.Equal("flowengine.log_prob", call.OperationName);
        Assert.Equal(10L, call.GetTagItem("flowengine.samples"));
    }

    [Fact]
    public void Updates_are_counted_with_their_loss()
    {
        using Model model = Model.Create(TinyGlow.Config(TinyVectors.Maf()), _backend, seed: 1);
        float[] rows = [.. Enumerable.Range(0, 5 * 8).Select(i => (float)Math.Sin(i))];
        model.Initialize(rows);
        using Trainer trainer = new(model, new TrainerOptions { Batch = 8 });
        StepResult result = default;
        Dictionary<string, List<(double Value, string Tags)>> told = Listen(() => result = trainer.Step(rows));
        Assert.Equal([(1, "flowengine.model=maf")], told["flowengine.training.updates"]);
        Assert.Equal([(0, "flowengine.model=maf")], told["flowengine.training.skipped"]);
        Assert.Equal([(8, "flowengine.model=maf")], told["flowengine.training.samples"]);
        Assert.Equal([(result.BitsPerDim, "flowengine.model=maf")], told["flowengine.training.loss"]);
        Assert.Equal([(result.GradientNorm, "flowengine.model=maf")], told["flowengine.training.gradient_norm"]);
    }

    private Dictionary<string, List<(double Value, string Tags)>> Listen(Action action)
    {
        Dictionary<string, List<(double Value, string Tags)>> told = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == FlowTelemetry.Name)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };

        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (Environment.CurrentManagedThreadId == _thread)
            {
                told.TryAdd(instrument.Name, []);
                told[instrument.Name].Add((value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
            }
        }

        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
        action();
        return told;
    }
}
