namespace FlowEngine.Fuzz;

/// <summary>Damage that knows nothing of a format: bits, bytes, cuts, and runs that move.</summary>
internal static class ByteEdits
{
    private const int Front = 128;

    /// <summary>Makes one to four edits.</summary>
    public static void Apply(Dice dice, Output file)
    {
        for (int edits = 1 + dice.Below(4); edits > 0 && file.Length > 0; edits--)
        {
            Edit(dice, file);
        }
    }

    private static void Edit(Dice dice, Output file)
    {
        // Headers matter most, so half of the edits fall on the front.
        int at = dice.Below(dice.OneIn(2) ? file.Length : Math.Min(Front, file.Length));
        int count = 1 + dice.Below(Math.Min(16, file.Length - at));
        Span<byte> run = stackalloc byte[16];
        switch (dice.Below(7))
        {
            case 0:
                file.Span[at] ^= (byte)(1 << dice.Below(8));
                break;
            case 1:
                file.Span[at] = (byte)dice.Bits();
                break;
            case 2:
                file.Span[at] = dice.Pick((ReadOnlySpan<byte>)[0, 1, 0x7F, 0x80, 0xFF, (byte)'"', (byte)'-', (byte)'9', (byte)'\n']);
                break;
            case 3:
                if (dice.OneIn(3))
                {
                    file.Cut(at);
                }
                else
                {
                    file.Replace(at, count, []);
                }

                break;
            case 4:
                file.Replace(at, 0, run[..count]);
                break;
            case 5:
                file.Span.Slice(at, count).CopyTo(run);
                file.Replace(dice.Below(file.Length), 0, run[..count]);
                break;
            default:
                int width = dice.Pick((ReadOnlySpan<int>)[1, 2, 4, 8]);
                long odd = dice.Odd();
                for (int i = 0; i < width && at + i < file.Length; i++)
                {
                    file.Span[at + i] = (byte)(odd >> (8 * i));
                }

                break;
        }
    }
}
