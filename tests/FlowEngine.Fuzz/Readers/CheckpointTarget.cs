using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;

namespace FlowEngine.Fuzz;

/// <summary>Checkpoints: the configuration, the tensors, and the model that is made of them.</summary>
internal sealed class CheckpointTarget : Target
{
    private const int MostValues = 64;

    private readonly CpuBackend _backend = new(1);
    private readonly SafetensorsMaker _maker;

    public CheckpointTarget(string name)
        : base(name)
    {
        _maker = new SafetensorsMaker([.. SmallModels.Descriptions.Select(description =>
        {
            using Model model = SmallModels.Create(description, _backend);
            return SmallModels.Checkpoint(model);
        })]);
    }

    public override void Make(Dice dice, Output output) => _maker.Write(dice, output);

    public override void Read(ReadOnlyMemory<byte> input)
    {
        using MemoryStream stream = Stream(input);
        using Model model = Model.Load(stream, _backend, FileName);
        if (model.Config.IsInitialized && model.Flow.Dims + model.Flow.ConditionLength <= MostValues)
        {
            model.LogProb(new float[model.Flow.Dims], new float[model.Flow.ConditionLength]);
        }
    }

    public override void Dispose()
    {
        _backend.Dispose();
        base.Dispose();
    }
}
