using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>Images to latents and back, and samples. Each function is described in flowengine.h.</summary>
internal static unsafe class TransformExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_model_dequantize", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelDequantize(
        nint model, byte* levels, nuint length, ulong seed, uint firstIndex, CallOptions* call, float* images,
        nuint imagesLength) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new(run.Source(levels, length, nameof(levels)), seed, firstIndex);
            CallerArray<float> y = run.Exactly(images, imagesLength, x.Length, nameof(images));
            return () => run.Inference.Dequantize(x, y);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_forward", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelForward(
        nint model, float* images, nuint length, CallOptions* call, float* latents, nuint latentsLength) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new(run.Source(images, length, nameof(images)));
            CallerArray<float> rows = run.Exactly(latents, latentsLength, x.Length, nameof(latents));
            return () => run.Inference.Forward(x, LatentArray.OfRows(run.Model.Flow, rows));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_forward_levels", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelForwardLevels(
        nint model, float* images, nuint length, CallOptions* call, float** levels, nuint* levelLengths,
        nuint levelCount) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new(run.Source(images, length, nameof(images)));
            LatentArray[] z = run.Levels(levels, levelLengths, levelCount, x.Length / run.Dims);
            return () => run.Inference.Forward(x, z);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_inverse", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelInverse(
        nint model, float* latents, nuint latentsLength, CallOptions* call, float* images, nuint length) =>
        InferenceCall.Run(model, call, run =>
        {
            CallerArray<float> rows = run.Source(latents, latentsLength, nameof(latents));
            CallerArray<float> x = run.Exactly(images, length, rows.Length, nameof(images));
            return () => run.Inference.Inverse(LatentArray.OfRows(run.Model.Flow, rows), x);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_inverse_levels", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelInverseLevels(
        nint model, float** levels, nuint* levelLengths, nuint levelCount, CallOptions* call, float* images,
        nuint length) =>
        InferenceCall.Run(model, call, run =>
        {
            CallerArray<float> x = run.Source(images, length, nameof(images));
            LatentArray[] z = run.Levels(levels, levelLengths, levelCount, x.Length / run.Dims);
            return () => run.Inference.Inverse(z, x);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_round_trip", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelRoundTrip(
        nint model, float* images, nuint length, CallOptions* call, double* largest, nuint largestLength) =>
        InferenceCall.Run(model, call, run =>
        {
            CallerArray<float> x = run.Source(images, length, nameof(images));
            CallerArray<double> y = run.Exactly(largest, largestLength, x.Length / run.Dims, nameof(largest));
            return () => run.Inference.RoundTrip(x, y);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_sample", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelSample(
        nint model, long count, double temperature, ulong seed, CallOptions* call, float* images, nuint length) =>
        InferenceCall.Run(model, call, run =>
        {
            Check.Count(count);
            ImageArray x = new(run.Exactly(images, length, count, nameof(images), run.Dims));
            return () => run.Inference.Sample(run.Temperatures(temperature), seed, 0, x);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_sample_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelSampleU8(
        nint model, long count, double temperature, ulong seed, CallOptions* call, byte* levels, nuint length) =>
        InferenceCall.Run(model, call, run =>
        {
            Check.Count(count);
            ImageArray x = new(run.Exactly(levels, length, count, nameof(levels), run.Dims));
            return () => run.Inference.Sample(run.Temperatures(temperature), seed, 0, x);
        });
}
