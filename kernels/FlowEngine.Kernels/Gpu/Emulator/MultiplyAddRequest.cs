using FlowEngine.Kernels.Device;

namespace FlowEngine.Kernels.Gpu.Emulator;

/// <summary>A product of the tensor cores: every lane gives its fragments, and all compute.</summary>
public sealed class MultiplyAddRequest : WarpRequest
{
    private readonly bool _bfloat16;
    private readonly LocalArray<float> _d;
    private readonly uint[] _a;
    private readonly uint[] _b;

    internal MultiplyAddRequest(
        string operation,
        bool bfloat16,
        LocalArray<float> d,
        LocalArray<uint> a,
        LocalArray<uint> b,
        string file,
        int line)
        : base(operation, file, line)
    {
        _bfloat16 = bfloat16;
        _d = d;
        _a = Words(a, 4);
        _b = Words(b, 2);
    }

    internal override void Complete(ReadOnlySpan<WarpRequest> lanes)
    {
        for (int lane = 0; lane < lanes.Length; lane++)
        {
            LocalArray<float> d = ((MultiplyAddRequest)lanes[lane])._d;
            for (int i = 0; i < 4; i++)
            {
                int row = (lane / 4) + (i / 2 * 8);
                int column = (2 * (lane % 4)) + (i % 2);
                d[i, Line.Line, Line.File] += _bfloat16
                    ? DotBFloat16(lanes, row, column)
                    : DotTensorFloat32(lanes, row, column);
            }
        }
    }

    // A row of A lies in four neighboring lanes, a column of B in four; each holds k = half · 8 + 2q, 2q + 1.
    private static float DotBFloat16(ReadOnlySpan<WarpRequest> lanes, int row, int column)
    {
        float sum = 0;
        for (int half = 0; half < 2; half++)
        {
            for (int q = 0; q < 4; q++)
            {
                uint a = ((MultiplyAddRequest)lanes[(row % 8 * 4) + q])._a[(half * 2) + (row / 8)];
                uint b = ((MultiplyAddRequest)lanes[(column * 4) + q])._b[half];
                sum = MathF.FusedMultiplyAdd(Single(a << 16), Single(b << 16), sum);
                sum = MathF.FusedMultiplyAdd(Single(a & 0xffff0000), Single(b & 0xffff0000), sum);
            }
        }

        return sum;
    }

    // Each of the four lanes holds k = half · 4 + q. The cores read 10 bits of fraction.
    private static float DotTensorFloat32(ReadOnlySpan<WarpRequest> lanes, int row, int column)
    {
        float sum = 0;
        for (int half = 0; half < 2; half++)
        {
            for (int q = 0; q < 4; q++)
            {
                uint a = ((MultiplyAddRequest)lanes[(row % 8 * 4) + q])._a[(half * 2) + (row / 8)];
                uint b = ((MultiplyAddRequest)lanes[(column * 4) + q])._b[half];
                sum = MathF.FusedMultiplyAdd(Single(a & 0xffffe000), Single(b & 0xffffe000), sum);
            }
        }

        return sum;
    }

    private static float Single(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    private uint[] Words(LocalArray<uint> array, int length)
    {
        uint[] words = new uint[length];
        for (int i = 0; i < length; i++)
        {
            words[i] = array[i, Line.Line, Line.File];
        }

        return words;
    }
}
