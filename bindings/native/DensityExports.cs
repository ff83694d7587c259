using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Likelihood;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>Densities of images. Each function is described in flowengine.h.</summary>
internal static unsafe class DensityExports
{
    [UnmanagedCallersOnly(EntryPoint = "flow_model_log_prob", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelLogProb(
        nint model, float* images, nuint length, CallOptions* call, double* logProb, nuint logProbLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(images, length, dims, nameof(images));
            Check.Array(logProb, logProbLength, count, "log_prob");
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Map(
                    images, length, nameof(images), logProb, logProbLength, "log_prob",
                    (inference, _, x, result) => inference.LogProb(x, result));
                return;
            }

            batches.Run((first, batch) =>
                LogProb(target, images, first, batch, batches)
                    .CopyTo(new Span<double>(logProb + first, batch)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_log_prob_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelLogProbU8(
        nint model, byte* levels, nuint length, ulong seed, uint firstIndex, CallOptions* call, double* logProb,
        nuint logProbLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(levels, length, dims, nameof(levels));
            Check.Array(logProb, logProbLength, count, "log_prob");
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Map(
                    levels, length, nameof(levels), logProb, logProbLength, "log_prob",
                    (inference, first, x, result) => inference.LogProb(x, seed, firstIndex + (uint)first, result));
                return;
            }

            batches.Run((first, batch) =>
                LogProb(target, levels, first, batch, seed, firstIndex, batches)
                    .CopyTo(new Span<double>(logProb + first, batch)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_bits_per_dim", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelBitsPerDim(
        nint model, float* images, nuint length, CallOptions* call, double* bits, nuint bitsLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(images, length, dims, nameof(images));
            Check.Array(bits, bitsLength, count, "bits");
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Map(
                    images, length, nameof(images), bits, bitsLength, nameof(bits),
                    (inference, _, x, result) => inference.BitsPerDim(x, result));
                return;
            }

            batches.Run((first, batch) =>
                Bits(target, LogProb(target, images, first, batch, batches))
                    .CopyTo(new Span<double>(bits + first, batch)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_bits_per_dim_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelBitsPerDimU8(
        nint model, byte* levels, nuint length, ulong seed, uint firstIndex, CallOptions* call, double* bits,
        nuint bitsLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(levels, length, dims, nameof(levels));
            Check.Array(bits, bitsLength, count, "bits");
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Map(
                    levels, length, nameof(levels), bits, bitsLength, nameof(bits),
                    (inference, first, x, result) => inference.BitsPerDim(x, seed, firstIndex + (uint)first, result));
                return;
            }

            batches.Run((first, batch) =>
                Bits(target, LogProb(target, levels, first, batch, seed, firstIndex, batches))
                    .CopyTo(new Span<double>(bits + first, batch)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_class_log_prob", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelClassLogProb(
        nint model, float* images, nuint length, CallOptions* call, double* logProb, nuint logProbLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;
            int classes = Classes(target, call);

            long count = Check.Images(images, length, dims, nameof(images));
            Check.Array(logProb, logProbLength, count * classes, "log_prob");
            new Batches(call, count, dims).Run((first, batch) =>
                target.ClassLogProb(new ReadOnlySpan<float>(images + (first * dims), batch * dims))
                    .CopyTo(new Span<double>(logProb + (first * classes), batch * classes)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_class_log_prob_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelClassLogProbU8(
        nint model, byte* levels, nuint length, ulong seed, uint firstIndex, CallOptions* call, double* logProb,
        nuint logProbLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;
            int classes = Classes(target, call);

            long count = Check.Images(levels, length, dims, nameof(levels));
            Check.Array(logProb, logProbLength, count * classes, "log_prob");
            new Batches(call, count, dims).Run((first, batch) =>
                target.ClassLogProb(
                        new ReadOnlySpan<byte>(levels + (first * dims), batch * dims), seed, firstIndex + (uint)first)
                    .CopyTo(new Span<double>(logProb + (first * classes), batch * classes)));
        });

    /// <summary>The classes of a model, for functions that take arrays in host memory alone.</summary>
    private static int Classes(Model model, CallOptions* call)
    {
        _ = Batches.RequireHost(call);
        return model.Config.Options.Condition is { IsClass: true } condition
            ? condition.Length
            : throw Check.Invalid("the model is not conditional on classes");
    }

    private static double[] LogProb(Model model, float* images, long first, int batch, Batches batches)
    {
        int dims = model.Flow.Dims;
        ReadOnlySpan<float> part = new(images + (first * dims), batch * dims);
        return model.LogProb(part, batches.ConditionOf(model, first, batch));
    }

    private static double[] LogProb(
        Model model, byte* levels, long first, int batch, ulong seed, uint firstIndex, Batches batches)
    {
        int dims = model.Flow.Dims;
        ReadOnlySpan<byte> part = new(levels + (first * dims), batch * dims);
        return model.LogProb(part, seed, firstIndex + (uint)first, batches.ConditionOf(model, first, batch));
    }

    private static double[] Bits(Model model, double[] logProb)
    {
        for (int i = 0; i < logProb.Length; i++)
        {
            logProb[i] = BitsPerDim.FromLogProb(logProb[i], model.Flow.Dims, model.Config.Options.Bins ?? 1);
        }

        return logProb;
    }
}
