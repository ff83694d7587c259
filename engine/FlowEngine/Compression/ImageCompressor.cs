using FlowEngine.Kernels;
using FlowEngine.Models;

namespace FlowEngine.Compression;

/// <summary>Lossless compression of images with a trained flow; <see cref="CompressedImages"/> is the way back.</summary>
/// <remarks>
/// A file is independent blocks of images, each one chain of local bits-back coding. More images in a block is shorter,
/// since each block begins with an image as it is; fewer is faster to read one image from, and gives the networks more
/// blocks at once. The length of the file is the images' code length under the model within about 0.1%, and the initial
/// bits.
/// </remarks>
public static class ImageCompressor
{
    /// <summary>Images of a block where nothing else is asked for.</summary>
    public const int DefaultImagesPerBlock = 100;

    /// <summary>Compresses images.</summary>
    /// <param name="model">A model of quantized images on the device <c>cpu</c>.</param>
    /// <param name="levels">Levels 0 to bins - 1, (B, H, W, C).</param>
    /// <param name="output">Where the file goes, from its position on; its own errors pass through.</param>
    /// <param name="imagesPerBlock">Images of a block, at least 1.</param>
    /// <exception cref="FlowException">The images do not fit the model, or the model cannot compress.</exception>
    public static CompressionReport Compress(
        Model model, ReadOnlySpan<byte> levels, Stream output, int imagesPerBlock = DefaultImagesPerBlock)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(output);
        RequireBlock(model, imagesPerBlock);
        int count = (int)model.CountOf(levels.Length);
        model.RequireLevels(levels, 0);
        int dims = model.Flow.Dims;
        ImageShape image = model.Flow.InputShape(1);
        List<Chain> chains = [];
        for (int first = 0; first < count; first += imagesPerBlock)
        {
            int length = Math.Min(imagesPerBlock, count - first) * dims;
            chains.Add(CompressedBlock.Begin(chains.Count, image, levels.Slice(first * dims, length).ToArray()));
        }

        byte[] hash;
        using (FlowCode code = new(model))
        {
            code.Encode(chains);
            hash = code.ModelHash;
        }

        return Write(model, chains, count, imagesPerBlock, hash, output);
    }

    /// <summary>
    /// A length in bytes that no file of so many images exceeds: a block is never longer than its images stored.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="count">How many images, at least 0.</param>
    /// <param name="imagesPerBlock">Images of a block, at least 1.</param>
    /// <exception cref="FlowException">An argument is out of range.</exception>
    public static long LargestLength(Model model, int count, int imagesPerBlock = DefaultImagesPerBlock)
    {
        ArgumentNullException.ThrowIfNull(model);
        RequireBlock(model, imagesPerBlock);
        if (count < 0)
        {
            throw new FlowException(FlowErrorKind.InvalidArgument, $"{count} images, expected 0 or more");
        }

        int blocks = CompressedHeader.BlocksFor(count, imagesPerBlock);
        return CompressedHeader.LengthFor(blocks) + ((long)blocks * CompressedBlock.SmallestLength)
            + ((long)count * model.Flow.Dims);
    }

    private static void RequireBlock(Model model, int imagesPerBlock)
    {
        int most = Array.MaxLength / 2 / model.Flow.Dims;
        if (imagesPerBlock < 1 || imagesPerBlock > most)
        {
            throw new FlowException(
                FlowErrorKind.InvalidArgument, $"{imagesPerBlock} images a block, expected 1 to {most}");
        }
    }

    private static CompressionReport Write(
        Model model, List<Chain> chains, int count, int imagesPerBlock, byte[] hash, Stream output)
    {
        byte[][] blocks = new byte[chains.Count][];
        int storedBlocks = 0;
        int codedImages = 0;
        double initialBits = 0;
        double codedBits = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            Chain chain = chains[i];
            blocks[i] = CompressedBlock.End(chain, out bool isStored);
            if (isStored)
            {
                storedBlocks++;
                continue;
            }

            double initial = 8.0 * chain.Image.Dims;
            initialBits += initial + (32.0 * chain.Stack.Borrowed);
            codedImages += chain.Count - 1;
            codedBits += chain.Stack.NetBits - initial;
        }

        CompressedHeader header = new(
            model.Flow.InputShape(1),
            model.Config.Options.Bins!.Value,
            count,
            imagesPerBlock,
            hash,
            Array.ConvertAll(blocks, block => block.Length));
        output.Write(header.ToBytes());
        foreach (byte[] block in blocks)
        {
            output.Write(block);
        }

        return new CompressionReport(
            count,
            model.Flow.Dims,
            header.Length + blocks.Sum(block => (long)block.Length),
            blocks.Length,
            storedBlocks,
            initialBits,
            codedImages,
            codedBits);
    }
}
