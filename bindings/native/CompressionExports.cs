using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

using FlowEngine.Compression;
using FlowEngine.Models;

namespace FlowEngine.Native;

/// <summary>Compression of images. Each function is described in flowengine.h.</summary>
internal static unsafe class CompressionExports
{
    private const string Source = "the compressed images";

    [UnmanagedCallersOnly(EntryPoint = "flow_model_compress", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelCompress(
        nint model, byte* levels, nuint length, int block, byte* bytes, nuint capacityInBytes, nuint* lengthInBytes) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            Check.NotNull(lengthInBytes, "length_bytes");
            *lengthInBytes = 0;
            long count = Check.Images(levels, length, target.Flow.Dims, nameof(levels));
            ReadOnlySpan<byte> images = Check.Span<byte>(levels, length, nameof(levels));
            int imagesPerBlock = block == 0 ? ImageCompressor.DefaultImagesPerBlock : block;
            if (bytes is null)
            {
                *lengthInBytes = (nuint)ImageCompressor.LargestLength(target, (int)count, imagesPerBlock);
                return;
            }

            using CountingStream file = new(bytes, capacityInBytes);
            ImageCompressor.Compress(target, images, file, imagesPerBlock);
            *lengthInBytes = (nuint)file.Length;
            if (file.Length > file.Capacity)
            {
                throw Check.Invalid($"capacity_bytes is {capacityInBytes}, the compressed images need {file.Length}");
            }
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_compressed_get_info", CallConvs = [typeof(CallConvCdecl)])]
    internal static int CompressedGetInfo(byte* bytes, nuint lengthInBytes, CompressedInfo* info) =>
        Guard.Run(() =>
        {
            using UnmanagedMemoryStream stream = Open(bytes, lengthInBytes);
            CompressedImages file = CompressedImages.Open(stream, Source);
            CompressedInfo found = new()
            {
                Height = file.Height,
                Width = file.Width,
                Channels = file.Channels,
                Bins = file.Bins,
                Block = file.ImagesPerBlock,
                Count = file.Count,
            };
            Check.Put(file.ModelSha256, found.ModelSha256, 72);
            Check.Fill(found, info, CompressedInfo.FirstSize, nameof(info));
        });

    [UnmanagedCallersOnly(EntryPoint = "flow_model_decompress", CallConvs = [typeof(CallConvCdecl)])]
    internal static int ModelDecompress(
        nint model, byte* bytes, nuint lengthInBytes, long first, byte* levels, nuint length) =>
        Guard.Run(() =>
        {
            using HandleTable.Lease<NativeModel> lease = HandleTable.Use<NativeModel>(model);
            Model target = lease.Target.Model;
            long count = Check.Images(levels, length, target.Flow.Dims, nameof(levels));
            Span<byte> images = Check.Span<byte>(levels, length, nameof(levels));
            using UnmanagedMemoryStream stream = Open(bytes, lengthInBytes);
            CompressedImages file = CompressedImages.Open(stream, Source);
            if (first < 0 || first > file.Count)
            {
                throw Check.Invalid($"first is {first}, expected 0 to {file.Count}");
            }

            file.Read(target, (int)first, (int)count).CopyTo(images);
        });

    private static UnmanagedMemoryStream Open(byte* bytes, nuint lengthInBytes)
    {
        Check.NotNull(bytes, nameof(bytes));
        return lengthInBytes <= long.MaxValue
            ? new UnmanagedMemoryStream(bytes, (long)lengthInBytes)
            : throw Check.Invalid($"length_bytes is {lengthInBytes}, expected at most {long.MaxValue}");
    }
}
