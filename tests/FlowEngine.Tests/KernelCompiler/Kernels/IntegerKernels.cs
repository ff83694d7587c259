using FlowEngine.Kernels.Device;

namespace FlowEngine.Tests.KernelCompiler;

/// <summary>Arithmetic whose result in C would be another one without the casts of C#.</summary>
internal static partial class IntegerKernels
{
    public const int Results = 24;

    [Kernel(32)]
    private static void Promotions(ReadOnlyGlobalView<int> numbers, GlobalView<long> results, int count)
    {
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            int a = numbers[2 * i];
            int b = numbers[(2 * i) + 1];
            GlobalView<long> r = results.Slice((long)i * Results);
            uint u = (uint)a;
            byte small = (byte)a;
            sbyte signed = (sbyte)b;
            ushort half = (ushort)b;
            short @short = (short)a;
            long wide = ((long)a << 20) ^ b;
            ulong huge = (ulong)wide;
            r[0] = u + b;
            r[1] = u * (uint)b;
            r[2] = u < b ? 1 : 0;
            r[3] = -u;
            r[4] = a << b;
            r[5] = a >> b;
            r[6] = a >>> b;
            r[7] = u >> (b & 7);
            r[8] = wide >>> 5;
            r[9] = wide >> b;
            r[10] = (long)(huge << b);
            r[11] = small + signed;
            r[12] = (byte)(small * half);
            small += 200;
            r[13] = small;
            small >>= 1;
            r[14] = small;
            half <<= 3;
            r[15] = half;
            signed >>>= 2;
            r[16] = signed;
            @short *= 3;
            r[17] = @short;
            a -= -b;
            r[18] = a;
            u -= 1;
            r[19] = u;
            r[20] = ~u & 0xffff0000u | (uint)(a ^ b);
            small++;
            r[21] = small;
            wide %= 1000;
            r[22] = wide;
            r[23] = b == 0 || b == -1 ? long.MinValue : int.MinValue + (long)(a / b) - (a % b);
        }
    }

    [Kernel(32)]
    private static void Fractions(ReadOnlyGlobalView<float> x, GlobalView<float> y, GlobalView<double> z, int count)
    {
        const double Third = 1.0 / 3;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            float v = x[i];
            bool positive = v > 0;
            bool odd = positive ^ (i % 2 == 1);
            y[i] = positive && !odd ? 0.1f * v - -v : v * 1e-30f / 3;
            z[i] = (double)v * Third + i;
            y[count + i] = v < -1 ? float.NegativeInfinity : v > 1 ? float.MaxValue : -0.0f;
            y[(2 * count) + i] = (float)z[i] - (i + (uint)i) + (int)v;
        }
    }
}
