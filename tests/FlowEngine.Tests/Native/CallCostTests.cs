using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

using FlowEngine.Architecture;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;

using Xunit;

namespace FlowEngine.Tests.Native;

/// <summary>A call of the library costs little beside the same call of the engine; perf/calls measures how little.</summary>
public sealed unsafe class CallCostTests
{
    private const int Calls = 200;
    private const int Rounds = 15;

    /// <remarks>
    /// It costs some 0.3 µs. The bound is far above that, and of both sides the fastest round counts, so that other work on
    /// the machine cannot fail it: what does is a lock that is waited for, a file that is read, a thread that is started.
    /// </remarks>
    [Fact]
    public void A_call_costs_less_than_twenty_microseconds_more_than_in_CSharp()
    {
        using CpuBackend backend = new(1);
        using TemporaryFolder folder = new();
        string checkpoint = folder.File("checkpoint.safetensors");
        using Model model = TinyGlow.Perturbed(
            backend, new NiceOptions { Channels = 2, Blocks = 1, Hidden = 16, HiddenLayers = 1 });
        model.Save(checkpoint);
        float[] row = [0.3f, -0.7f];
        nint library = NativeLibrary.Load(NativeLibraryFile.Images.Last());
        var load = (delegate* unmanaged[Cdecl]<byte*, int*, nint*, int>)
            NativeLibrary.GetExport(library, "flow_model_load");
        var score = (delegate* unmanaged[Cdecl]<nint, float*, nuint, void*, double*, nuint, int>)
            NativeLibrary.GetExport(library, "flow_model_log_prob");
        var free = (delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(library, "flow_model_free");
        int* oneThread = stackalloc int[] { 4 * sizeof(int), 0, 0, 1 };
        nint handle;
        fixed (byte* path = Encoding.UTF8.GetBytes(checkpoint + '\0'))
        {
            Assert.Equal(0, load(path, oneThread, &handle));
        }

        double managed = double.MaxValue;
        double native = double.MaxValue;
        double logProb = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Calls; i++)
            {
                model.LogProb(row);
            }

            managed = Math.Min(managed, Stopwatch.GetElapsedTime(start).TotalMicroseconds / Calls);
            fixed (float* x = row)
            {
                start = Stopwatch.GetTimestamp();
                for (int i = 0; i < Calls; i++)
                {
                    Assert.Equal(0, score(handle, x, 2, null, &logProb, 1));
                }
            }

            native = Math.Min(native, Stopwatch.GetElapsedTime(start).TotalMicroseconds / Calls);
        }

        free(handle);
        Assert.Equal(model.LogProb(row)[0], logProb);
        Assert.True(native - managed <= 20, $"{native:F2} µs, in C# {managed:F2} µs");
    }
}
