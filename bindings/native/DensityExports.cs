using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>Densities of images. Each function is described in flowengine.h.</summary>
internal static unsafe class DensityExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_model_log_prob", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelLogProb(
        nint model, float* images, nuint length, CallOptions* call, double* logProb, nuint logProbLength) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new ImageArray(run.Source(images, length, nameof(images)));
            CallerArray<double> y = run.Exactly(logProb, logProbLength, x.Length / run.Dims, "log_prob");
            return () => run.Inference.LogProb(x, y);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_log_prob_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelLogProbU8(
        nint model, byte* levels, nuint length, ulong seed, uint firstIndex, CallOptions* call, double* logProb,
        nuint logProbLength) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new ImageArray(run.Source(levels, length, nameof(levels)), seed, firstIndex);
            CallerArray<double> y = run.Exactly(logProb, logProbLength, x.Length / run.Dims, "log_prob");
            return () => run.Inference.LogProb(x, y);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_bits_per_dim", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelBitsPerDim(
        nint model, float* images, nuint length, CallOptions* call, double* bits, nuint bitsLength) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new ImageArray(run.Source(images, length, nameof(images)));
            CallerArray<double> y = run.Exactly(bits, bitsLength, x.Length / run.Dims, nameof(bits));
            return () => run.Inference.BitsPerDim(x, y);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_bits_per_dim_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelBitsPerDimU8(
        nint model, byte* levels, nuint length, ulong seed, uint firstIndex, CallOptions* call, double* bits,
        nuint bitsLength) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new ImageArray(run.Source(levels, length, nameof(levels)), seed, firstIndex);
            CallerArray<double> y = run.Exactly(bits, bitsLength, x.Length / run.Dims, nameof(bits));
            return () => run.Inference.BitsPerDim(x, y);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_class_log_prob", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelClassLogProb(
        nint model, float* images, nuint length, CallOptions* call, double* logProb, nuint logProbLength) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new ImageArray(run.Source(images, length, nameof(images)));
            CallerArray<double> y = run.Exactly(logProb, logProbLength, x.Length / run.Dims, "log_prob", Classes(run, call));
            return () => run.Inference.ClassLogProb(x, y);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_class_log_prob_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelClassLogProbU8(
        nint model, byte* levels, nuint length, ulong seed, uint firstIndex, CallOptions* call, double* logProb,
        nuint logProbLength) =>
        InferenceCall.Run(model, call, run =>
        {
            ImageArray x = new ImageArray(run.Source(levels, length, nameof(levels)), seed, firstIndex);
            CallerArray<double> y = run.Exactly(logProb, logProbLength, x.Length / run.Dims, "log_prob", Classes(run, call));
            return () => run.Inference.ClassLogProb(x, y);
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_log_prob_gradient", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelLogProbGradient(
        nint model, float* images, nuint length, CallOptions* call, double* logProb, nuint logProbLength,
        float* dImages, nuint dImagesLength, float* dCondition, nuint dConditionLength) =>
        InferenceCall.Run(model, call, run =>
        {
            CallerArray<float> x = run.Source(images, length, nameof(images));
            long count = x.Length / run.Dims;
            CallerArray<double> y = run.Exactly(logProb, logProbLength, count, "log_prob");
            CallerArray<float> dx = run.Exactly(dImages, dImagesLength, count, "d_images", run.Dims);
            int conditions = run.Model.Flow.ConditionLength;
            CallerArray<float> dc = dConditionLength == 0
                ? default
                : run.Exactly(dCondition, dConditionLength, count, "d_condition", conditions);
            return () => run.Inference.LogProbGradient(x, y, dx, dc);
        });

    /// <summary>The classes of a model, for functions that take only arrays in host memory.</summary>
    private static int Classes(InferenceCall run, CallOptions* call)
    {
        _ = CallSettings.OfHost(call);
        return run.Model.RequireClasses().Length;
    }
}
