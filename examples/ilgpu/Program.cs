using System.Globalization;
using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Examples.Ilgpu;
using FlowEngine.Ilgpu;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Layers;
using FlowEngine.Models;
using FlowEngine.Training;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

// Finds the ten oddest of 200 rows on an ILGPU accelerator: `ilgpu-anomalies cpu` (the default), `ilgpu-anomalies cuda`.
string where = args is [string given] ? given : "cpu";
int[] odd = [.. Enumerable.Range(0, 10).Select(i => 7 + (19 * i))];
float[] usual = SensorData.Draw(4000, seed: 1);
float[] readings = SensorData.Draw(200, seed: 2, odd);
float[] moments = SensorData.Moments(usual);

string checkpoint = Path.GetTempFileName();
try
{
    Train(usual, moments, checkpoint);
    using Context context = Context.Create(builder =>
        (where == "cuda" ? builder.Cuda() : builder.CPU(new CPUDevice(32, 1, 1))).EnableAlgorithms());
    using Accelerator accelerator = where == "cuda"
        ? context.CreateCudaAccelerator(0)
        : context.CreateCPUAccelerator(0);
    using IBackend backend = accelerator.OpenBackend();
    using Model model = Model.Load(checkpoint, backend);
    Console.WriteLine($"on {accelerator.Name}, the model on {backend.Name}");
    foreach ((int row, double logProb) in AnomalySearch.Find(accelerator, model, readings, moments, odd.Length))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"row {row,3}  log density {logProb,9:F3}{(odd.Contains(row) ? "  made odd" : "")}"));
    }
}
finally
{
    File.Delete(checkpoint);
}

static void Train(float[] usual, float[] moments, string checkpoint)
{
    float[] rows = [.. usual.Select((value, i) => AnomalySearch.Standardize(
        value, moments[i % SensorData.Columns], moments[SensorData.Columns + (i % SensorData.Columns)]))];
    using CpuBackend cpu = new();
    using Model model = Model.Create(
        ModelConfig.New(new AutoregressiveOptions
        {
            Direction = AutoregressiveDirection.Density,
            Channels = SensorData.Columns,
            Blocks = 4,
            Hidden = 64,
            HiddenLayers = 2,
        }),
        cpu,
        seed: 1);
    using Trainer trainer = new(
        model,
        ScaledTable.Of("readings", rows, SensorData.Columns),
        new TrainerOptions { Batch = 200, Rate = 0.003, WarmupSamples = 2000 });
    trainer.Train(400);
    using Model trained = trainer.Snapshot();
    trained.Save(checkpoint);
}
