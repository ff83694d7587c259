using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Loads and stores of the first lanes of a vector: the tails of rows.</summary>
internal static unsafe class Lanes
{
    /// <summary>Reads <paramref name="count"/> elements, at most 16; the other lanes are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source, int count) =>
        count >= SimdMath.Width ? Vector512.Load(source) : LoadTail(source, count);

    /// <summary>Writes the first <paramref name="count"/> lanes, at most 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination, int count)
    {
        if (count >= SimdMath.Width)
        {
            value.Store(destination);
        }
        else
        {
            StoreTail(value, destination, count);
        }
    }

    /// <summary>The lanes below <paramref name="count"/>; the others become 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> First(Vector512<float> value, int count) =>
        Vector512.ConditionalSelect(
            Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle(),
            value,
            Vector512<float>.Zero);

    private static Vector512<float> LoadTail(float* source, int count)
    {
        Vector512<float> value = default;
        float* lanes = (float*)&value;
        for (int i = 0; i < count; i++)
        {
            lanes[i] = source[i];
        }

        return value;
    }

    private static void StoreTail(Vector512<float> value, float* destination, int count)
    {
        // In halves of halves: a row of 12 is two stores.
        Vector256<float> half = value.GetLower();
        if ((count & 8) != 0)
        {
            half.Store(destination);
            destination += 8;
            half = value.GetUpper();
        }

        Vector128<float> quarter = half.GetLower();
        if ((count & 4) != 0)
        {
            quarter.Store(destination);
            destination += 4;
            quarter = half.GetUpper();
        }

        for (int i = 0; i < (count & 3); i++)
        {
            destination[i] = quarter.GetElement(i);
        }
    }
}
