using FlowEngine.Data;
using FlowEngine.Kernels;

namespace FlowEngine.Training;

/// <summary>Loads training rows as the model sees them.</summary>
internal sealed class TableBatchLoader(IBackend backend, ScaledTable data, float[] conditions, int batch, ulong seed)
    : BatchLoader(backend, data.Count, conditions, batch, seed)
{
    private readonly IBackend _backend = backend;
    private readonly float[] _values = new float[batch * data.Dims];
    private double _logDet;

    /// <inheritdoc/>
    public override double LogDet => _logDet;

    /// <inheritdoc/>
    public override bool IsOfLevels => false;

    protected override void Load(ReadOnlySpan<int> indices, StepInput input, BufferView x)
    {
        double sum = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            data.Rows(indices[i], 1).CopyTo(_values.AsSpan(i * data.Dims));
            sum += data.LogDet[indices[i]];
        }

        _logDet = sum / indices.Length;
        _backend.Write(_values, x);
    }
}
