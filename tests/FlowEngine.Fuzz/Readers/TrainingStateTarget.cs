using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Training;

namespace FlowEngine.Fuzz;

/// <summary>The file that a training run goes on from. It is a file, in memory where the system has such.</summary>
internal sealed class TrainingStateTarget : Target
{
    private const string MemoryFolder = "/dev/shm";

    private readonly CpuBackend _backend = new(1);
    private readonly Model _model;
    private readonly Trainer _trainer;
    private readonly SafetensorsMaker _maker;
    private readonly string _path = Path.Combine(
        Directory.Exists(MemoryFolder) ? MemoryFolder : Path.GetTempPath(), $"flow-fuzz-{Environment.ProcessId}.safetensors");

    public TrainingStateTarget(string name)
        : base(name)
    {
        _model = SmallModels.Create(SmallModels.Descriptions[5], _backend);
        _trainer = new Trainer(_model, new TrainerOptions { Batch = 2 });
        _trainer.SaveState(_path);
        _maker = new SafetensorsMaker(File.ReadAllBytes(_path));
    }

    public override void Make(Dice dice, Output output) => _maker.Write(dice, output);

    public override void Read(ReadOnlyMemory<byte> input)
    {
        using (FileStream file = new(_path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(input.Span);
        }

        _trainer.Resume(_path);
    }

    public override void Dispose()
    {
        File.Delete(_path);
        _trainer.Dispose();
        _model.Dispose();
        _backend.Dispose();
        base.Dispose();
    }
}
