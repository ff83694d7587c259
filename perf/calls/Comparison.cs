using System.Diagnostics;
using System.Runtime.InteropServices;

using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;

namespace FlowEngine.Calls;

/// <summary>One model on one thread, called from C# in this process and from a loop in C, in turn.</summary>
internal sealed unsafe class Comparison : IDisposable
{
    /// <summary>Times that each side has its turn.</summary>
    public const int Rounds = 21;

    private static readonly float[] _row = [0.3f, -0.7f];

    private readonly CpuBackend _backend = new(1);
    private readonly Model _model;
    private readonly nint _logProb;
    private readonly delegate* unmanaged[Cdecl]<nint, void> _free;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, float*, nuint, int, double*, int> _loop;
    private readonly nint _handle;

    /// <summary>A model of two columns and one block, and the same in the library.</summary>
    /// <param name="engine">libflowengine.</param>
    /// <param name="loop">The compiled calls.c.</param>
    /// <param name="kind">The kind of the model.</param>
    public Comparison(nint engine, nint loop, string kind)
    {
        _logProb = NativeLibrary.GetExport(engine, "flow_model_log_prob");
        _free = (delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(engine, "flow_model_free");
        _loop = (delegate* unmanaged[Cdecl]<nint, nint, float*, nuint, int, double*, int>)
            NativeLibrary.GetExport(loop, "make_calls");
        var load = (delegate* unmanaged[Cdecl]<byte*, nuint, int*, nint*, int>)
            NativeLibrary.GetExport(engine, "flow_model_load_memory");

        IModelOptions options = ModelKinds.Get(kind).Create(
            new DataShape(1, 1, 2, null), new Dictionary<string, object?> { ["blocks"] = 1, ["hidden"] = 16, ["hidden_layers"] = 1 });
        _model = Model.Create(new ModelConfig(options, false, DataSchema.AsIs("calls", options)), _backend, 1);
        _model.Initialize([.. Enumerable.Range(0, 200).Select(i => (i * 37 % 101 / 50f) - 1)]);
        using MemoryStream checkpoint = new();
        _model.Save(checkpoint);
        int* oneThread = stackalloc int[] { 4 * sizeof(int), 0, 0, 1 };
        nint handle;
        fixed (byte* bytes = checkpoint.ToArray())
        {
            int status = load(bytes, (nuint)checkpoint.Length, oneThread, &handle);
            _handle = status == 0 ? handle : throw new InvalidOperationException($"the library cannot load it: {status}");
        }
    }

    /// <summary>Nanoseconds of a call from C#, of one from C, and of the second less the first; medians.</summary>
    /// <param name="calls">Of each side in all rounds.</param>
    public (double Managed, double Native, double Difference) Run(int calls)
    {
        int each = calls / Rounds;
        double[] managed = new double[Rounds], native = new double[Rounds], difference = new double[Rounds];
        Managed(each);
        Native(each);
        for (int round = 0; round < Rounds; round++)
        {
            managed[round] = Managed(each);
            native[round] = Native(each);
            difference[round] = native[round] - managed[round];
        }

        return (Median(managed), Median(native), Median(difference));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _free(_handle);
        _model.Dispose();
        _backend.Dispose();
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    private double Managed(int calls)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            _model.LogProb(_row);
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls;
    }

    private double Native(int calls)
    {
        double logProb;
        int status;
        fixed (float* row = _row)
        {
            long start = Stopwatch.GetTimestamp();
            status = _loop(_logProb, _handle, row, (nuint)_row.Length, calls, &logProb);
            double nanoseconds = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
            return status == 0 && logProb == _model.LogProb(_row)[0]
                ? nanoseconds / calls
                : throw new InvalidOperationException("a call from C failed, or gave another number");
        }
    }
}
