using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Up to 16 elements of an image's row: the same place in every array of the images' shape.</summary>
/// <param name="image">Which image.</param>
/// <param name="place">The first element, counted through the batch.</param>
/// <param name="count">The elements to the end of the row's chunk; over 15 for a whole vector.</param>
internal readonly unsafe struct RowLanes(int image, long place, int count)
{
    /// <summary>Reads an array; lanes past the end are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Load(float* array) => Lanes.Load(array + place, count);

    /// <summary>Reads an array of one row, which is that of every image; lanes past the end are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> LoadOfRow(float* array, int dims) => Lanes.Load(array + (place - ((long)image * dims)), count);

    /// <summary>Writes an array.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(Vector512<float> value, float* array) => Lanes.Store(value, array + place, count);

    /// <summary>The image's element of an array with one for each image.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> OfImage(float* array) => Vector512.Create(array[image]);

    /// <summary>Reads an array of pairs; lanes past the end are 0.</summary>
    public void LoadPairs(float* array, out Vector512<float> first, out Vector512<float> second)
    {
        float* pairs = array + (2 * place);
        float* parted = stackalloc float[2 * SimdMath.Width];
        new Span<float>(parted, 2 * SimdMath.Width).Clear();
        for (int i = 0; i < Math.Min(count, SimdMath.Width); i++)
        {
            parted[i] = pairs[2 * i];
            parted[SimdMath.Width + i] = pairs[(2 * i) + 1];
        }

        first = Vector512.Load(parted);
        second = Vector512.Load(parted + SimdMath.Width);
    }

    /// <summary>Writes an array of pairs.</summary>
    public void StorePairs(Vector512<float> first, Vector512<float> second, float* array)
    {
        float* pairs = array + (2 * place);
        float* parted = stackalloc float[2 * SimdMath.Width];
        first.Store(parted);
        second.Store(parted + SimdMath.Width);
        for (int i = 0; i < Math.Min(count, SimdMath.Width); i++)
        {
            pairs[2 * i] = parted[i];
            pairs[(2 * i) + 1] = parted[SimdMath.Width + i];
        }
    }
}
