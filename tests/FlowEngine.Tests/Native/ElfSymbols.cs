using System.Buffers.Binary;
using System.Text;

namespace FlowEngine.Tests.Native;

/// <summary>The names a shared library of 64-bit Linux exports: the defined entries of its .dynsym.</summary>
internal static class ElfSymbols
{
    private const int SectionHeaderLength = 64;
    private const int SymbolLength = 24;
    private const uint DynamicSymbols = 11;

    public static IReadOnlyList<string> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int sections = (int)Long(file, 0x28);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3C));
        List<string> names = [];
        for (int s = 0; s < count; s++)
        {
            int header = sections + (s * SectionHeaderLength);
            if (Int(file, header + 4) != DynamicSymbols)
            {
                continue;
            }

            int strings = (int)Long(file, sections + ((int)Int(file, header + 40) * SectionHeaderLength) + 24);
            int first = (int)Long(file, header + 24);
            for (int symbol = first; symbol < first + (int)Long(file, header + 32); symbol += SymbolLength)
            {
                bool isGlobal = file[symbol + 4] >> 4 == 1;
                bool isDefined = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(symbol + 6)) != 0;
                if (isGlobal && isDefined)
                {
                    ReadOnlySpan<byte> name = file.AsSpan(strings + (int)Int(file, symbol));
                    names.Add(Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]));
                }
            }
        }

        return names;
    }

    private static uint Int(byte[] file, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset));

    private static long Long(byte[] file, int offset) => BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(offset));
}
