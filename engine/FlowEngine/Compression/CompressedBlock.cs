using System.Buffers.Binary;

using FlowEngine.Data;
using FlowEngine.Kernels;

namespace FlowEngine.Compression;

/// <summary>The bytes of a block of images that can be read without the others.</summary>
/// <remarks>
/// <para>
/// A block is a chain: the images are pushed on one stack, from the second on. Popping the noise of the second needs
/// bits on the stack, so the stack begins with the first image itself, each word added modulo 2 to a fixed random
/// stream, since noise should look random; what more is needed is borrowed from the stream. So the bits that a block
/// begins with are an image that had to be stored anyway: they cost what the image as it is takes beyond what it would
/// take coded.
/// </para>
/// Little-endian:
/// <code>
/// 1   kind: 0 coded, 1 stored
///     stored: the images as they are, for the rare block that coding makes not shorter, or 1032 times shorter, or
///     whose values leave the range of the grid
///     coded: 4 words borrowed; 8·8 the states; 4 each the words of the stack, the top last
/// 4   CRC-32 of the images
/// 4   CRC-32 of the block's number, 4 bytes, and everything before
/// </code>
/// A decoder must end with an empty stack but for the first image and the words borrowed, and every state at its start.
/// </remarks>
internal static class CompressedBlock
{
    internal const int SmallestLength = 1 + (2 * sizeof(uint));

    private const byte Coded = 0;
    private const byte Stored = 1;
    private const int ChecksumsLength = 2 * sizeof(uint);
    private const int StatesOffset = 1 + sizeof(int);
    private const int WordsOffset = StatesOffset + (RansStack.Lanes * sizeof(ulong));

    /// <summary>A block to be encoded.</summary>
    internal static Chain Begin(int index, ImageShape image, byte[] images)
    {
        uint[] words = FirstImage(images.AsSpan(0, image.Dims));
        return new Chain(index, image, images, new RansStack(words));
    }

    /// <summary>The bytes of an encoded block; stored where it has a fault or did not get shorter.</summary>
    internal static byte[] End(Chain chain, out bool isStored)
    {
        ReadOnlySpan<byte> images = chain.Images.Span;
        RansStack stack = chain.Stack;
        int codedLength = WordsOffset + (stack.Words.Length * sizeof(uint)) + ChecksumsLength;
        isStored = chain.Fault is not null || codedLength >= 1 + images.Length + ChecksumsLength
            || !IsPlausible(images.Length, codedLength);
        byte[] block = new byte[isStored ? 1 + images.Length + ChecksumsLength : codedLength];
        block[0] = isStored ? Stored : Coded;
        if (isStored)
        {
            images.CopyTo(block.AsSpan(1));
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(1), stack.Borrowed);
            for (int i = 0; i < stack.States.Length; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(
                    block.AsSpan(StatesOffset + (i * sizeof(ulong))), stack.States[i]);
            }

            for (int i = 0; i < stack.Words.Length; i++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(
                    block.AsSpan(WordsOffset + (i * sizeof(uint))), stack.Words[i]);
            }
        }

        Span<byte> checksums = block.AsSpan(block.Length - ChecksumsLength);
        BinaryPrimitives.WriteUInt32LittleEndian(checksums, Crc32.Append(0, images));
        BinaryPrimitives.WriteUInt32LittleEndian(checksums[sizeof(uint)..], Checksum(chain.Index, block));
        return block;
    }

    /// <summary>A block to be decoded. A stored one needs no more than <see cref="Finish"/>.</summary>
    /// <param name="index">Which block.</param>
    /// <param name="image">The shape of an image.</param>
    /// <param name="count">The images of the block.</param>
    /// <param name="block">Its bytes.</param>
    /// <returns>Null if the block is stored.</returns>
    /// <exception cref="CodingException">It is damaged.</exception>
    internal static Chain? Open(int index, ImageShape image, int count, ReadOnlySpan<byte> block)
    {
        if (Checksum(index, block) != BinaryPrimitives.ReadUInt32LittleEndian(block[^sizeof(uint)..]))
        {
            throw new CodingException("its checksum does not match");
        }

        if (block[0] == Stored)
        {
            return null;
        }

        if (!IsPlausible((long)count * image.Dims, block.Length))
        {
            throw new CodingException($"it has {block.Length} bytes for {count} images, which are too few");
        }

        int wordsLength = block.Length - ChecksumsLength - WordsOffset;
        if (block[0] != Coded || wordsLength < 0 || wordsLength % sizeof(uint) != 0)
        {
            throw new CodingException($"of kind {block[0]} and {block.Length} bytes");
        }

        ulong[] states = new ulong[RansStack.Lanes];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(StatesOffset + (i * sizeof(ulong)))..]);
        }

        uint[] words = new uint[wordsLength / sizeof(uint)];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(WordsOffset + (i * sizeof(uint)))..]);
        }

        return new Chain(index, image, new byte[(long)count * image.Dims], RansStack.Restore(states, words));
    }

    /// <summary>The images of a block, whose stack has been taken apart.</summary>
    /// <param name="chain">The decoded block; null if it is stored.</param>
    /// <param name="length">The length of the images in bytes.</param>
    /// <param name="block">The block's bytes.</param>
    /// <exception cref="CodingException">It is damaged.</exception>
    internal static ReadOnlySpan<byte> Finish(Chain? chain, long length, ReadOnlySpan<byte> block)
    {
        if (chain?.Fault is string fault)
        {
            throw new CodingException(fault);
        }

        if (chain is not null)
        {
            ReadFirstImage(chain, BinaryPrimitives.ReadInt32LittleEndian(block[1..]));
        }

        ReadOnlySpan<byte> images = chain is null ? block[1..^ChecksumsLength] : chain.Images.Span;
        if (images.Length != length)
        {
            throw new CodingException($"it stores {images.Length} bytes, expected {length}");
        }

        return Crc32.Append(0, images) == BinaryPrimitives.ReadUInt32LittleEndian(block[^ChecksumsLength..])
            ? images
            : throw new CodingException("its images have another checksum");
    }

    /// <summary>
    /// False where a block says to hold so much that nobody should take memory for it: more than deflate could. Images that
    /// code so well are stored.
    /// </summary>
    private static bool IsPlausible(long imagesLength, long blockLength) => imagesLength / DataFile.MaxExpansion <= blockLength;

    private static uint[] FirstImage(ReadOnlySpan<byte> image)
    {
        byte[] padded = new byte[(image.Length + sizeof(uint) - 1) & -sizeof(uint)];
        image.CopyTo(padded);
        uint[] words = new uint[padded.Length / sizeof(uint)];
        for (int i = 0; i < words.Length; i++)
        {
            words[^(i + 1)] = BinaryPrimitives.ReadUInt32LittleEndian(padded.AsSpan(i * sizeof(uint)))
                ^ RansStack.BorrowedWord(-1 - i);
        }

        return words;
    }

    private static void ReadFirstImage(Chain chain, int borrowed)
    {
        Span<byte> image = chain.Images.Span[..chain.Image.Dims];
        ReadOnlySpan<uint> words = chain.Stack.Words;
        int imageWords = (image.Length + sizeof(uint) - 1) / sizeof(uint);
        if (borrowed < 0 || words.Length != (long)imageWords + borrowed || !chain.Stack.IsAtStart)
        {
            throw new CodingException("its stack does not end where it began");
        }

        for (int i = 0; i < borrowed; i++)
        {
            if (words[borrowed - 1 - i] != RansStack.BorrowedWord(i))
            {
                throw new CodingException("its stack does not end where it began");
            }
        }

        byte[] padded = new byte[imageWords * sizeof(uint)];
        for (int i = 0; i < imageWords; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(
                padded.AsSpan(i * sizeof(uint)), words[^(i + 1)] ^ RansStack.BorrowedWord(-1 - i));
        }

        padded.AsSpan(0, image.Length).CopyTo(image);
    }

    private static uint Checksum(int index, ReadOnlySpan<byte> block)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(number, index);
        return Crc32.Append(Crc32.Append(0, number), block[..^sizeof(uint)]);
    }
}
