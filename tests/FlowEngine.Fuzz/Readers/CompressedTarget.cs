using System.Buffers.Binary;

using FlowEngine.Compression;
using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;

namespace FlowEngine.Fuzz;

/// <summary>What flow compress writes.</summary>
internal sealed class CompressedTarget : Target
{
    private const int FieldsOffset = 8;
    private const int Fields = 7;
    private const int TableOffset = 68;

    private readonly CpuBackend _backend = new(1);
    private readonly Model _model;
    private readonly (byte[] File, int[] Blocks)[] _sound;

    public CompressedTarget(string name)
        : base(name)
    {
        _model = SmallModels.Create(SmallModels.Descriptions[0], _backend);
        _sound = [Compress(1, 1), Compress(20, 20), Compress(12, 5)];
    }

    public override void Make(Dice dice, Output output)
    {
        (byte[] file, int[] blocks) = dice.Pick(_sound);
        output.Add(file);
        int table = TableOffset + (sizeof(int) * blocks.Length);
        for (int edits = dice.Below(3); edits > 0; edits--)
        {
            int at = FieldsOffset + (sizeof(int) * (dice.OneIn(4) ? 15 + dice.Below(blocks.Length) : dice.Below(Fields)));
            BinaryPrimitives.WriteUInt32LittleEndian(output.Span[at..], (uint)dice.Odd());
        }

        Span<byte> number = stackalloc byte[sizeof(int)];
        int start = table + sizeof(uint);
        int edited = dice.Below(blocks.Length);
        for (int i = 0; i < blocks.Length; i++)
        {
            Span<byte> block = output.Span.Slice(start, blocks[i]);
            for (int edits = i == edited ? dice.Below(4) : 0; edits > 0; edits--)
            {
                block[dice.Below(block.Length)] = dice.OneIn(2) ? (byte)dice.Bits() : (byte)dice.Below(3);
            }

            if (!dice.OneIn(16))
            {
                BinaryPrimitives.WriteInt32LittleEndian(number, i);
                uint crc = Crc32.Append(Crc32.Append(0, number), block[..^sizeof(uint)]);
                BinaryPrimitives.WriteUInt32LittleEndian(block[^sizeof(uint)..], crc);
            }

            start += blocks[i];
        }

        if (!dice.OneIn(16))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output.Span[table..], Crc32.Append(0, output.Span[..table]));
        }

        if (dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input)
    {
        using MemoryStream stream = Stream(input);
        CompressedImages.Open(stream, FileName).Read(_model);
    }

    public override void Dispose()
    {
        _model.Dispose();
        _backend.Dispose();
        base.Dispose();
    }

    private (byte[] File, int[] Blocks) Compress(int images, int imagesPerBlock)
    {
        byte[] levels = new byte[images * _model.Flow.Dims];
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = (byte)(i * i / 3 % 4);
        }

        using MemoryStream stream = new();
        ImageCompressor.Compress(_model, levels, stream, imagesPerBlock);
        byte[] file = stream.ToArray();
        int blocks = (images + imagesPerBlock - 1) / imagesPerBlock;
        return (file, [.. Enumerable.Range(0, blocks).Select(
            i => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(TableOffset + (sizeof(int) * i))))]);
    }
}
