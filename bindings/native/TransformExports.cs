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
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(levels, length, dims, nameof(levels));
            Check.Array(images, imagesLength, count * dims, nameof(images));
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Map(
                    levels, length, nameof(levels), images, imagesLength, nameof(images),
                    (inference, first, x, result) => inference.Dequantize(x, seed, firstIndex + (uint)first, result));
                return;
            }

            batches.Run((first, batch) =>
                target.Dequantize(
                        new ReadOnlySpan<byte>(levels + (first * dims), batch * dims), seed, firstIndex + (uint)first)
                    .CopyTo(new Span<float>(images + (first * dims), batch * dims)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_forward", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelForward(
        nint model, float* images, nuint length, CallOptions* call, float* latents, nuint latentsLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(images, length, dims, nameof(images));
            Check.Array(latents, latentsLength, count * dims, nameof(latents));
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Map(
                    images, length, nameof(images), latents, latentsLength, nameof(latents),
                    (inference, _, x, result) => inference.Forward(x, result));
                return;
            }

            batches.Run((first, batch) =>
            {
                float[][] levels = Latents(target, images, first, batch, batches);
                for (int i = 0; i < batch; i++)
                {
                    float* row = latents + ((first + i) * dims);
                    foreach (float[] level in levels)
                    {
                        int part = level.Length / batch;
                        level.AsSpan(i * part, part).CopyTo(new Span<float>(row, part));
                        row += part;
                    }
                }
            });
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_forward_levels", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelForwardLevels(
        nint model, float* images, nuint length, CallOptions* call, float** levels, nuint* levelLengths,
        nuint levelCount) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(images, length, dims, nameof(images));
            long[] parts = LevelDims(target, levels, levelLengths, levelCount, count);
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).MapLevels(
                    images, length, levels, levelLengths, parts.Length,
                    (inference, x, results) => inference.Forward(x, results));
                return;
            }

            batches.Run((first, batch) =>
            {
                float[][] latents = Latents(target, images, first, batch, batches);
                for (int l = 0; l < latents.Length; l++)
                {
                    latents[l].CopyTo(new Span<float>(levels[l] + (first * parts[l]), latents[l].Length));
                }
            });
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_inverse", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelInverse(
        nint model, float* latents, nuint latentsLength, CallOptions* call, float* images, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(latents, latentsLength, dims, nameof(latents));
            Check.Array(images, length, count * dims, nameof(images));
            long[] parts = [.. target.Flow.LatentShapes(1).Select(shape => shape.Length)];
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Map(
                    latents, latentsLength, nameof(latents), images, length, nameof(images),
                    (inference, _, z, result) => inference.Inverse(z, result));
                return;
            }

            batches.Run((first, batch) =>
            {
                float[][] levels = [.. parts.Select(part => new float[batch * part])];
                for (int i = 0; i < batch; i++)
                {
                    float* row = latents + ((first + i) * dims);
                    for (int l = 0; l < parts.Length; l++)
                    {
                        int part = (int)parts[l];
                        new ReadOnlySpan<float>(row, part).CopyTo(levels[l].AsSpan(i * part, part));
                        row += part;
                    }
                }

                Images(target, levels, first, batch, batches)
                    .CopyTo(new Span<float>(images + (first * dims), batch * dims));
            });
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_inverse_levels", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelInverseLevels(
        nint model, float** levels, nuint* levelLengths, nuint levelCount, CallOptions* call, float* images,
        nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(images, length, dims, nameof(images));
            long[] parts = LevelDims(target, levels, levelLengths, levelCount, count);
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).MapLevels(
                    images, length, levels, levelLengths, parts.Length,
                    (inference, result, z) => inference.Inverse(z, result));
                return;
            }

            batches.Run((first, batch) =>
            {
                float[][] latents = new float[parts.Length][];
                for (int l = 0; l < parts.Length; l++)
                {
                    latents[l] = new Span<float>(levels[l] + (first * parts[l]), (int)(batch * parts[l])).ToArray();
                }

                Images(target, latents, first, batch, batches)
                    .CopyTo(new Span<float>(images + (first * dims), batch * dims));
            });
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_round_trip", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelRoundTrip(
        nint model, float* images, nuint length, CallOptions* call, double* largest, nuint largestLength) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            long count = Check.Images(images, length, dims, nameof(images));
            Check.Array(largest, largestLength, count, "largest");
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Map(
                    images, length, nameof(images), largest, largestLength, nameof(largest),
                    (inference, _, x, result) => inference.RoundTrip(x, result));
                return;
            }

            batches.Run((first, batch) =>
                RoundTrip(target, images, first, batch, batches)
                    .CopyTo(new Span<double>(largest + first, batch)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_sample", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelSample(
        nint model, long count, double temperature, ulong seed, CallOptions* call, float* images, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            Check.Count(count);
            Check.Array(images, length, count * dims, nameof(images));
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Fill(
                    images, length, nameof(images),
                    (inference, first, result) => inference.Sample(temperature, seed, (uint)first, result));
                return;
            }

            batches.Run((first, batch) =>
                Sample(target, batches, first, batch, temperature, seed)
                    .CopyTo(new Span<float>(images + (first * dims), batch * dims)));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_sample_u8", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelSampleU8(
        nint model, long count, double temperature, ulong seed, CallOptions* call, byte* levels, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            int dims = target.Flow.Dims;

            Check.Count(count);
            Check.Array(levels, length, count * dims, nameof(levels));
            Batches batches = new(call, count, dims);
            if (batches.AreOnDevice)
            {
                new DeviceArrays(lease.Target, batches).Fill(
                    levels, length, nameof(levels),
                    (inference, first, result) => inference.Sample(temperature, seed, (uint)first, result));
                return;
            }

            batches.Run((first, batch) =>
                target.Quantize(Sample(target, batches, first, batch, temperature, seed))
                    .CopyTo(new Span<byte>(levels + (first * dims), batch * dims)));
        });

    private static float[][] Latents(Model model, float* images, long first, int batch, Batches batches)
    {
        int dims = model.Flow.Dims;
        ReadOnlySpan<float> part = new(images + (first * dims), batch * dims);
        ReadOnlySpan<float> condition = batches.ConditionOf(model, first, batch);
        return batches.AreStandard ? model.Standardize(part, out _, condition) : model.Forward(part, condition);
    }

    private static float[] Images(Model model, float[][] latents, long first, int batch, Batches batches)
    {
        ReadOnlySpan<float> condition = batches.ConditionOf(model, first, batch);
        return batches.AreStandard ? model.Destandardize(latents, condition) : model.Inverse(latents, condition);
    }

    private static float[] Sample(
        Model model, Batches batches, long first, int batch, double temperature, ulong seed) =>
        model.Sample(
            batch, batches.Temperatures(temperature), seed, (uint)first, batches.ConditionOf(model, first, batch));

    /// <summary>Checks the arrays of all levels; returns the values of one image in each.</summary>
    private static long[] LevelDims(Model model, float** levels, nuint* lengths, nuint levelCount, long count)
    {
        long[] parts = [.. model.Flow.LatentShapes(1).Select(shape => shape.Length)];
        if (levelCount != (nuint)parts.Length)
        {
            throw Check.Invalid($"level_count is {levelCount}, expected {parts.Length}");
        }

        Check.NotNull(levels, nameof(levels));
        Check.NotNull(lengths, "level_lengths");
        for (int l = 0; l < parts.Length; l++)
        {
            Check.Array(levels[l], lengths[l], count * parts[l], $"levels[{l}]");
        }

        return parts;
    }

    private static double[] RoundTrip(Model model, float* from, long first, int count, Batches batches)
    {
        float[] again = Images(model, Latents(model, from, first, count, batches), first, count, batches);
        int dims = model.Flow.Dims;
        ReadOnlySpan<float> images = new(from + (first * dims), count * dims);
        double[] largest = new double[count];
        for (int i = 0; i < again.Length; i++)
        {
            // Math.Max keeps NaN: an image that does not come back is not one that does.
            largest[i / dims] = Math.Max(largest[i / dims], Math.Abs((double)again[i] - images[i]));
        }

        return largest;
    }
}
