using FlowEngine.Telemetry;

namespace FlowEngine.Models;

/// <summary>The batches of a call in turn, first datum and length, for <c>foreach</c>; what is done is told as it is done.</summary>
/// <param name="operation">What the call computes.</param>
/// <param name="model">The kind of its model.</param>
/// <param name="count">Its data.</param>
/// <param name="largest">The length of all batches but the last.</param>
/// <param name="progress">Told the data that are computed, and all, after every batch; null for nobody.</param>
/// <param name="computed">Told the data of every batch as it is computed; null for nobody.</param>
internal ref struct BatchLoop(
    string operation, string model, long count, int largest, Action<long, long>? progress, Action<int>? computed)
{
    private readonly IDisposable? _call = FlowTelemetry.Call(operation, model, count);
    private long _first;
    private int _length;
    private long _start;

    public readonly (long First, int Length) Current => (_first, _length);

    public readonly BatchLoop GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_length > 0)
        {
            _first += _length;
            FlowTelemetry.Batch(operation, model, _length, _start);
            progress?.Invoke(_first, count);
            computed?.Invoke(_length);
        }

        _length = (int)Math.Min(largest, count - _first);
        _start = FlowTelemetry.Now();
        return _length > 0;
    }

    public readonly void Dispose() => _call?.Dispose();
}
