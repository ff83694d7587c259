namespace FlowEngine.Fuzz;

/// <summary>Makes .npy arrays.</summary>
internal sealed class NpyMaker
{
    private static readonly (string Header, int Length)[] _sound =
    [
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }", 8),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 2, 1), }", 16),
        ("{'descr': '>i2', 'fortran_order': True, 'shape': (3, 2, 1), }", 12),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", 48),
        ("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", 24),
        ("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", 16),
        ("{'descr': '<f2', 'fortran_order': False, 'shape': (2, 1), }", 4),
        ("{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3, 2, 2), }", 24),
        ("{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }", 24),
        ("{'descr': '|S2', 'fortran_order': False, 'shape': (3,), }", 6),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8),
        ("{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }", 8),
    ];

    private readonly TokenText _headers = new([.. _sound.Select(one => one.Header)]);

    /// <summary>Writes an array behind what is there.</summary>
    public void Write(Dice dice, Output output)
    {
        int which = dice.Below(_sound.Length);
        output.Add([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']);
        int version = dice.OneIn(8) ? dice.Below(5) : 1;
        output.Add((byte)version);
        output.Add(0);
        int mark = output.Length;
        output.Take(version is 2 or 3 ? 4 : 2);
        int start = output.Length;
        _headers.Write(dice, which, dice.OneIn(2) ? 0 : 1 + dice.Below(3), output);
        output.Add((byte)'\n');
        long length = dice.OneIn(24) ? dice.Odd() : output.Length - start;
        for (int i = 0; i < start - mark; i++)
        {
            output.Span[mark + i] = (byte)(length >> (8 * i));
        }

        int bytes = Math.Max(0, _sound[which].Length + (dice.OneIn(8) ? dice.Below(9) - 4 : 0));
        Span<byte> data = output.Take(bytes);
        int kind = dice.Below(4);
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = kind switch
            {
                0 => (byte)dice.Bits(),
                1 => (byte)(i % 4 == 3 ? 0x3E : 0),
                2 => (byte)(i % 8 == 0 ? 1 : 0),
                _ => 0,
            };
        }
    }
}
