using System.Runtime.InteropServices;
using System.Text;

using FlowEngine.Architecture;
using FlowEngine.Kernels;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;

using Xunit;

namespace FlowEngine.Tests.Native;

/// <summary>The native library and the engine under the JIT compute the same bits.</summary>
public sealed unsafe class AgreementTests
{
    private const int Count = 9;

    [Fact]
    public void Log_probabilities_are_the_same_bits_in_the_library_and_under_the_JIT()
    {
        using CpuBackend backend = new(2);
        using TemporaryFolder folder = new();
        string checkpoint = folder.File("checkpoint.safetensors");
        foreach (GlowOptions options in new[]
        {
            TinyGlow.Options(height: 16, width: 8, channels: 3, steps: 3, hidden: 33, bins: 256),
            TinyGlow.Options(GlowPreset.Rosinality, CouplingKind.Additive),
        })
        {
            using Model model = TinyGlow.Perturbed(backend, options);
            model.Save(checkpoint);
            float[] images = TinyGlow.Images(model.Flow, Count);
            double[] expected = model.LogProb(images);
            foreach (string image in NativeLibraryFile.Images)
            {
                foreach (int batch in new[] { 1, 4, Count })
                {
                    Assert.Equal(expected, LogProb(image, checkpoint, images, model.Flow.Dims, batch));
                }
            }
        }
    }

    private static double[] LogProb(string library, string checkpoint, float[] images, int dims, int batch)
    {
        nint handle = NativeLibrary.Load(library);
        var load = (delegate* unmanaged[Cdecl]<byte*, void*, nint*, int>)
            NativeLibrary.GetExport(handle, "flow_model_load");
        var score = (delegate* unmanaged[Cdecl]<nint, float*, nuint, void*, double*, nuint, int>)
            NativeLibrary.GetExport(handle, "flow_model_log_prob");
        var free = (delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(handle, "flow_model_free");
        double[] result = new double[images.Length / dims];
        nint model;
        fixed (byte* path = Encoding.UTF8.GetBytes(checkpoint + '\0'))
        {
            Assert.Equal(0, load(path, null, &model));
        }

        for (int first = 0; first < result.Length; first += batch)
        {
            int count = Math.Min(batch, result.Length - first);
            fixed (float* source = &images[first * dims])
            fixed (double* target = &result[first])
            {
                Assert.Equal(0, score(model, source, (nuint)(count * dims), null, target, (nuint)count));
            }
        }

        free(model);
        return result;
    }
}
