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

/// <summary>How fast the images are beside the JIT. A timing, so run on request: <c>-explicit only</c>.</summary>
public sealed unsafe class CompiledSpeedTests(ITestOutputHelper output)
{
    private const int Batch = 16;
    private const int Rounds = 25;

    [Fact(Explicit = true)]
    public void The_best_image_has_ninety_percent_of_the_speed_of_the_JIT()
    {
        using CpuBackend backend = new(1);
        using TemporaryFolder folder = new();
        string checkpoint = folder.File("checkpoint.safetensors");
        GlowOptions options = TinyGlow.Options(
            height: 32, width: 32, channels: 3, levels: 3, steps: 4, hidden: 256, bins: 256);
        using Model model = TinyGlow.Perturbed(backend, options, amount: 0.001);
        model.Save(checkpoint);
        float[] images = TinyGlow.Images(model.Flow, Batch);
        string image = NativeLibraryFile.Images.Last();
        nint library = NativeLibrary.Load(image);
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

        double[] ratios = new double[Rounds];
        double[] logProb = new double[Batch];
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            model.LogProb(images);
            long middle = Stopwatch.GetTimestamp();
            fixed (float* source = images)
            fixed (double* target = logProb)
            {
                Assert.Equal(0, score(handle, source, (nuint)images.Length, null, target, Batch));
            }

            ratios[round] = (double)(middle - start) / (Stopwatch.GetTimestamp() - middle);
        }

        free(handle);
        Array.Sort(ratios);
        output.WriteLine($"{Path.GetFileName(image)} has {ratios[Rounds / 2]:F3} times the speed of the JIT");
        Assert.True(ratios[Rounds / 2] >= 0.9, $"{ratios[Rounds / 2]:F3}");
    }
}
