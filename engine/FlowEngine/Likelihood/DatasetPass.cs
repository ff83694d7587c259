using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Likelihood;

/// <summary>One pass over a data set in its order: each batch as the calls of a model take it.</summary>
internal sealed class DatasetPass
{
    private readonly Model _model;
    private readonly IDataset _data;
    private readonly ulong _seed;
    private readonly int[] _indices;
    private readonly byte[] _levels;
    private readonly float[] _values;
    private readonly int _end;
    private float[]? _conditions;

    /// <param name="model">The model.</param>
    /// <param name="data">The samples.</param>
    /// <param name="seed">The seed of the noise of grey levels.</param>
    /// <param name="part">The samples that it takes; null for all.</param>
    /// <exception cref="FlowException">The data do not fit the model, or there are none.</exception>
    public DatasetPass(Model model, IDataset data, ulong seed, Range? part = null)
    {
        data.RequireFits(model.Config.Options);
        if (data.Count == 0)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{data.Name} has no {data.Unit.Plural} to evaluate");
        }

        (_model, _data, _seed) = (model, data, seed);
        (First, int length) = (part ?? Range.All).GetOffsetAndLength(data.Count);
        _end = First + length;
        int batch = Math.Min(model.BatchSize, data.Count);
        long values = (long)batch * data.Dims;
        _indices = new int[batch];
        _levels = new byte[data.Bins is null ? 0 : values];
        _values = new float[data.Bins is null ? values : 0];
    }

    /// <summary>The index of the batch's first sample.</summary>
    public int First { get; private set; }

    /// <summary>Samples of the batch.</summary>
    public int Count { get; private set; }

    private ReadOnlySpan<byte> Levels => _levels.AsSpan(0, Count * _data.Dims);

    private ReadOnlySpan<float> Values => _values.AsSpan(0, Count * _data.Dims);

    private ReadOnlySpan<float> Condition
    {
        get
        {
            _conditions ??= Conditions.Of(_model.Config.Options, _data);
            int length = _model.Flow.ConditionLength;
            return _conditions.AsSpan(First * length, Count * length);
        }
    }

    /// <summary>Loads the next batch.</summary>
    /// <returns>False after the last.</returns>
    public bool Next()
    {
        First += Count;
        Count = Math.Min(_indices.Length, _end - First);
        for (int i = 0; i < Count; i++)
        {
            _indices[i] = First + i;
        }

        _data.Fill(_indices.AsSpan(0, Count), _levels, _values);
        return Count > 0;
    }

    /// <summary>Log densities of what the model sees, nats.</summary>
    public double[] LogProb() => _data.Bins is null
        ? _model.LogProb(Values, Condition)
        : _model.LogProb(Levels, _seed, (uint)First, Condition);

    /// <summary>The same under every class, (B, N).</summary>
    public double[] ClassLogProb() => _data.Bins is null
        ? _model.ClassLogProb(Values)
        : _model.ClassLogProb(Levels, _seed, (uint)First);

    /// <summary>Standardized latents by level, and log densities of what the model sees.</summary>
    public float[][] Standardize(out double[] logProb) => _model.Standardize(
        _data.Bins is null ? Values : _model.Dequantize(Levels, _seed, (uint)First), out logProb, Condition);

    /// <summary>Log densities of the whole set become those of its own units.</summary>
    public void AddLogDet(double[] logProb)
    {
        if (_data.LogDet is double[] logDet)
        {
            for (int i = 0; i < logProb.Length; i++)
            {
                logProb[i] += logDet[i];
            }
        }
    }
}
