using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Models;

namespace FlowEngine.Compression;

/// <summary>A file of compressed images, opened: what it says of itself, and its images by number.</summary>
/// <remarks>Reading some images decodes the blocks they are in, and no other. One thread at a time.</remarks>
public sealed class CompressedImages
{
    private readonly Stream _stream;
    private readonly string _name;
    private readonly long _start;
    private readonly CompressedHeader _header;

    private CompressedImages(Stream stream, string name, long start, CompressedHeader header) =>
        (_stream, _name, _start, _header) = (stream, name, start, header);

    /// <summary>How many images.</summary>
    public int Count => _header.Count;

    /// <summary>Rows of an image.</summary>
    public int Height => _header.Shape.Height;

    /// <summary>Columns of an image.</summary>
    public int Width => _header.Shape.Width;

    /// <summary>Channels of an image.</summary>
    public int Channels => _header.Shape.Channels;

    /// <summary>Grey levels.</summary>
    public int Bins => _header.Bins;

    /// <summary>Images of a block, fewer in the last.</summary>
    public int ImagesPerBlock => _header.ImagesPerBlock;

    /// <summary>The SHA-256 of the tensors of the model that the images were compressed with, in hexadecimal.</summary>
    public string ModelSha256 => Convert.ToHexStringLower(_header.ModelHash);

    /// <summary>Opens a file, checking its header.</summary>
    /// <param name="stream">Holds only the file, from its start to its end; it can seek, and stays the caller's.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.BadFormat"/>: damaged, foreign or newer.</exception>
    public static CompressedImages Open(Stream stream, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Position = 0;
        CompressedHeader header = CompressedHeader.Read(stream, name);
        return new CompressedImages(stream, name, header.Length, header);
    }

    /// <summary>Decompresses every image.</summary>
    /// <inheritdoc cref="Read(Model, int, int)"/>
    public byte[] Read(Model model) => Read(model, 0, Count);

    /// <summary>Decompresses some images.</summary>
    /// <param name="model">The model they were compressed with, on the device <c>cpu</c>.</param>
    /// <param name="first">The number of the first.</param>
    /// <param name="count">How many.</param>
    /// <returns>Levels 0 to bins - 1, (count, H, W, C).</returns>
    /// <exception cref="FlowException"><see cref="FlowErrorKind.InvalidArgument"/>: another model, or images that are not
    /// there; <see cref="FlowErrorKind.BadFormat"/>: a block is damaged.</exception>
    public byte[] Read(Model model, int first, int count)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (first < 0 || count < 0 || first > Count - count || (long)count * _header.Shape.Dims > Array.MaxLength)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{_name}: {count} images from {first} on were asked for, expected some of its {Count}");
        }

        RequireSizes(model.Config.Options);
        using FlowCode code = new(model);
        RequireModel(code.ModelHash);
        long limit = ReadLimits.Of(_stream.Length);
        if ((long)Math.Max(count, Math.Min(Count, ImagesPerBlock)) * _header.Shape.Dims > limit)
        {
            throw ReadLimits.Exceeded(_name, limit);
        }

        byte[] images = new byte[count * _header.Shape.Dims];
        int lastBlock = count == 0 ? -1 : (first + count - 1) / ImagesPerBlock;
        for (int block = first / ImagesPerBlock; block <= lastBlock; block += model.BatchSize)
        {
            Decode(code, block, Math.Min(model.BatchSize, lastBlock + 1 - block), first, images);
        }

        return images;
    }

    /// <summary>Decodes some blocks, and copies what of them belongs to the images asked for.</summary>
    private void Decode(FlowCode code, int firstBlock, int blocks, int firstImage, Span<byte> images)
    {
        byte[][] bytes = new byte[blocks][];
        Chain?[] chains = new Chain?[blocks];
        int dims = _header.Shape.Dims;
        for (int i = 0; i < blocks; i++)
        {
            int block = firstBlock + i;
            bytes[i] = ReadBlock(block);
            chains[i] = Guarded(
                block, () => CompressedBlock.Open(block, _header.Shape, _header.ImagesOf(block), bytes[i]));
        }

        code.Decode([.. chains.OfType<Chain>()]);
        for (int i = 0; i < blocks; i++)
        {
            int block = firstBlock + i;
            byte[] whole = Guarded(
                block,
                () => CompressedBlock.Finish(chains[i], (long)_header.ImagesOf(block) * dims, bytes[i]).ToArray());
            int offset = (int)(((long)block * ImagesPerBlock) - firstImage);
            int skipped = Math.Max(0, -offset);
            int taken = Math.Min(_header.ImagesOf(block) - skipped, (images.Length / dims) - Math.Max(0, offset));
            whole.AsSpan(skipped * dims, taken * dims).CopyTo(images[(Math.Max(0, offset) * dims)..]);
        }
    }

    private byte[] ReadBlock(int block)
    {
        byte[] bytes = new byte[_header.BlockLengths[block]];
        _stream.Position = _start + _header.BlockLengths.Take(block).Sum(length => (long)length);
        _stream.ReadExactly(bytes);
        return bytes;
    }

    private T Guarded<T>(int block, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (CodingException exception)
        {
            throw DataFile.BadFormat(
                _name,
                $"block {block} of {_header.BlockLengths.Length} is damaged: {exception.Message}",
                exception);
        }
    }

    private void RequireSizes(IModelOptions options)
    {
        if ((Height, Width, Channels, Bins) != (options.Height, options.Width, options.Channels, options.Bins))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{_name} has images of {Height}x{Width}x{Channels} in {Bins} grey levels, the model is of "
                + $"{options.Height}x{options.Width}x{options.Channels}"
                + (options.Bins is int bins ? $" in {bins}" : " continuous values"));
        }
    }

    private void RequireModel(byte[] hash)
    {
        if (!hash.AsSpan().SequenceEqual(_header.ModelHash))
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument,
                $"{_name} was compressed with another model: its SHA-256 is {ModelSha256}, this one's "
                + Convert.ToHexStringLower(hash));
        }
    }
}
