using System.IO.Compression;
using System.Text;

using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>Archives of NumPy: a zip of arrays.</summary>
internal sealed class NpzTarget(string name) : Target(name)
{
    private static readonly byte[][] _names =
    [
        .. ((string[])
        [
            "x.npy", "y.npy", "images.npy", "labels.npy", "X.npy", "x_test.npy", "y_test.npy", "x_val.npy", "data.npy", "arr_0.npy",
            "x_train.npy", "y_train.npy", "../x.npy", "/x.npy", "a/b.npy", ".npy", "", "x", "\u001b[31m.npy", "x\0.npy", "é.npy",
        ]).Select(Encoding.UTF8.GetBytes),
    ];

    private readonly NpyMaker _maker = new();
    private readonly Output _array = new();
    private readonly Output _directory = new();
    private readonly Output _packed = new();

    public override void Make(Dice dice, Output output)
    {
        _directory.Cut();
        int entries = dice.OneIn(4) ? dice.Below(6) : 1 + dice.Below(2);
        for (int i = 0; i < entries; i++)
        {
            byte[] name = i < 2 && !dice.OneIn(4) ? _names[i] : dice.Pick(_names);
            AddEntry(dice, name, output);
        }

        long start = output.Length;
        output.Add(_directory.Span);
        output.Add("PK\u0005\u0006");
        output.Little16(0);
        output.Little16(0);
        output.Little16((int)Field(dice, entries));
        output.Little16((int)Field(dice, entries));
        output.Little32(Field(dice, _directory.Length));
        output.Little32(Field(dice, start));
        output.Little16((int)Field(dice, 0));
        if (dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => AsFile(input, () =>
    {
        if (NpyTableReader.IsTable(FileName))
        {
            NpyTableReader.ReadArchive(FileName, FileName);
        }
        else
        {
            NpzReader.Read(FileName, FileName);
        }
    });

    public override long UnpackedLength(ReadOnlyMemory<byte> input)
    {
        using ZipArchive archive = new(Stream(input), ZipArchiveMode.Read);
        long length = input.Length;
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            using Stream content = entry.Open();
            length += Deflated.LengthOf(content);
        }

        return length;
    }

    private static long Field(Dice dice, long value) => dice.OneIn(300) ? dice.Odd() : value;

    private void AddEntry(Dice dice, byte[] name, Output output)
    {
        _array.Cut();
        _maker.Write(dice, _array);
        int method = dice.OneIn(3) ? 8 : 0;
        _packed.Cut();
        if (method == 8)
        {
            Deflated.Write(dice, _array.Span, _packed);
        }
        else
        {
            _packed.Add(_array.Span);
        }

        long offset = output.Length;
        long crc = Field(dice, Crc32.Append(0, _array.Span));
        (long packed, long length) = (Field(dice, _packed.Length), Field(dice, _array.Length));
        method = dice.OneIn(100) ? dice.Pick([1, 9, 12, 14, 99]) : method;
        bool isWide = dice.OneIn(10);
        output.Add("PK\u0003\u0004");
        Common(output, packed, length);
        output.Little16(0);
        output.Add(name);
        output.Add(_packed.Span);
        _directory.Add("PK\u0001\u0002");
        _directory.Little16(20);
        Common(_directory, isWide ? uint.MaxValue : packed, isWide ? uint.MaxValue : length);
        _directory.Little16(isWide ? 20 : 0);
        _directory.Little16((int)Field(dice, 0));
        _directory.Little16(0);
        _directory.Little16(0);
        _directory.Little32(0);
        _directory.Little32(Field(dice, offset));
        _directory.Add(name);
        if (isWide)
        {
            _directory.Little16(1);
            _directory.Little16((int)Field(dice, 16));
            _directory.Little64(length);
            _directory.Little64(packed);
        }

        void Common(Output header, long packedLength, long arrayLength)
        {
            header.Little16(20);
            header.Little16(dice.OneIn(20) ? dice.Pick([1, 8, 2048]) : 0);
            header.Little16(method);
            header.Little32(dice.OneIn(20) ? dice.Odd() : 0x00210000);
            header.Little32(crc);
            header.Little32(packedLength);
            header.Little32(arrayLength);
            header.Little16((int)Field(dice, name.Length));
        }
    }
}
