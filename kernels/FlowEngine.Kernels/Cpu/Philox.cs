using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>One part per 4096 elements of an item. Blocks are scalar; logarithm, sine and cosine take 16 at a time.</remarks>
public sealed unsafe partial class CpuBackend
{
    private const int PhiloxElements = 4096;

    // The high 24 bits of a word times this are in [0, 1).
    private const float UniformScale = 1f / (1 << 24);
    private const float LargestBelowOne = 1f - UniformScale;

    private enum PhiloxKind
    {
        Uniform,
        Normal,
        Dequantize,
    }

    /// <inheritdoc cref="IBackend.PhiloxUniform"/>
    public void PhiloxUniform(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination) =>
        RunPhilox(PhiloxKind.Uniform, key, indices, elements, destination, default, 0);

    /// <inheritdoc cref="IBackend.PhiloxNormal"/>
    public void PhiloxNormal(PhiloxKey key, ReadOnlySpan<uint> indices, int elements, BufferView destination) =>
        RunPhilox(PhiloxKind.Normal, key, indices, elements, destination, default, 0);

    /// <inheritdoc cref="IBackend.Dequantize"/>
    public void Dequantize(
        PhiloxKey key, ReadOnlySpan<byte> levels, ReadOnlySpan<uint> indices, int bins, BufferView x)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 256);
        if (indices.IsEmpty)
        {
            return;
        }

        int elements = levels.Length / indices.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(levels.Length, indices.Length * elements, nameof(levels));
        if (levels.IndexOfAnyExceptInRange((byte)0, (byte)(bins - 1)) is int at and >= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(levels), $"level {levels[at]} at {at} is not one of {bins} grey levels");
        }

        RunPhilox(PhiloxKind.Dequantize, key, indices, elements, x, levels, bins);
    }

    private void RunPhilox(
        PhiloxKind kind,
        PhiloxKey key,
        ReadOnlySpan<uint> indices,
        int elements,
        BufferView destination,
        ReadOnlySpan<byte> levels,
        int bins)
    {
        // first[level] and last[level]: the floats that are of that level; see LevelRange.
        float* range = stackalloc float[2 * 256];
        for (int level = 0; level < bins; level++)
        {
            (range[level], range[256 + level]) = LevelRange(level, bins);
        }

        fixed (uint* items = indices)
        {
            fixed (byte* grey = levels)
            {
                PhiloxJob job = new()
                {
                    Kind = kind,
                    Key = key,
                    Items = items,
                    Elements = elements,
                    PartsPerItem = (elements + PhiloxElements - 1) / PhiloxElements,
                    Destination = Pointer(destination, (long)indices.Length * elements),
                    Levels = grey,
                    Step = bins == 0 ? 0 : 1f / bins,
                    Range = range,
                };
                _team.Run(indices.Length * job.PartsPerItem, job);
            }
        }
    }

    /// <summary>
    /// The first and last float x with floor((x + 0.5) · bins) = level, whether that is computed in float or in double.
    /// Rounding may carry (level + u) · (1 / bins) - 0.5 a few units beyond either.
    /// </summary>
    private static (float First, float Last) LevelRange(int level, int bins)
    {
        float first = (float)(((double)level / bins) - 0.5);
        while (!IsOfLevel(first, level, bins))
        {
            first = MathF.BitIncrement(first);
        }

        // Below the next level's start in steps of x + 0.5, which near x = 0 is coarser than x.
        float end = (float)((level + 1.0) / bins);
        while (!IsOfLevel(end - 0.5f, level, bins))
        {
            end = MathF.BitDecrement(end);
        }

        return (first, end - 0.5f);
    }

    private static bool IsOfLevel(float x, int level, int bins) =>
        MathF.Floor((x + 0.5f) * bins) == level && Math.Floor((x + 0.5) * bins) == level;

    private struct PhiloxJob : IJob
    {
        public PhiloxKind Kind;
        public PhiloxKey Key;
        public uint* Items;
        public int Elements;
        public int PartsPerItem;
        public float* Destination;
        public byte* Levels;
        public float Step;
        public float* Range;

        public readonly void Invoke(int index, int worker)
        {
            int item = index / PartsPerItem;
            int start = (index - (item * PartsPerItem)) * PhiloxElements;
            int count = Math.Min(PhiloxElements, Elements - start);
            long offset = ((long)item * Elements) + start;
            switch (Kind)
            {
                case PhiloxKind.Uniform:
                    Uniform(Items[item], start, count, Destination + offset);
                    break;
                case PhiloxKind.Normal:
                    Normal(Items[item], start, count, Destination + offset);
                    break;
                default:
                    Dequantize(Items[item], start, count, Levels + offset, Destination + offset);
                    break;
            }
        }

        private readonly void Uniform(uint item, int start, int count, float* destination)
        {
            uint* words = stackalloc uint[4];
            uint block = (uint)start / 4;
            int i = 0;
            for (; i + 4 <= count; i += 4, block++)
            {
                Philox4x32.Block(block, item, Key.Epoch, Key.Purpose, Key.Seed, words);
                for (int k = 0; k < 4; k++)
                {
                    destination[i + k] = (words[k] >> 8) * UniformScale;
                }
            }

            if (i < count)
            {
                Philox4x32.Block(block, item, Key.Epoch, Key.Purpose, Key.Seed, words);
                for (int k = 0; i + k < count; k++)
                {
                    destination[i + k] = (words[k] >> 8) * UniformScale;
                }
            }
        }

        private readonly void Dequantize(uint item, int start, int count, byte* levels, float* destination)
        {
            uint* words = stackalloc uint[4];
            uint block = (uint)start / 4;
            for (int i = 0; i < count; i += 4, block++)
            {
                Philox4x32.Block(block, item, Key.Epoch, Key.Purpose, Key.Seed, words);
                for (int k = 0; k < Math.Min(4, count - i); k++)
                {
                    int level = levels[i + k];
                    float x = ((level + ((words[k] >> 8) * UniformScale)) * Step) - 0.5f;
                    destination[i + k] = Math.Min(Math.Max(x, Range[level]), Range[256 + level]);
                }
            }
        }

        private readonly void Normal(uint item, int start, int count, float* destination)
        {
            uint* words = stackalloc uint[4];

            // Word k of 16 blocks in row k: first the radius' and the angle's uniforms, then the normals.
            float* rows = stackalloc float[4 * SimdMath.Width];
            uint block = (uint)start / 4;
            for (int i = 0; i < count; i += 4 * SimdMath.Width)
            {
                for (int lane = 0; lane < SimdMath.Width; lane++, block++)
                {
                    Philox4x32.Block(block, item, Key.Epoch, Key.Purpose, Key.Seed, words);
                    for (int k = 0; k < 4; k += 2)
                    {
                        float u = (float)((words[k] + 0.5) * (1.0 / (1L << 32)));
                        rows[(k * SimdMath.Width) + lane] = Math.Min(u, LargestBelowOne);
                        rows[((k + 1) * SimdMath.Width) + lane] = (words[k + 1] >> 8) * UniformScale;
                    }
                }

                for (int k = 0; k < 4 * SimdMath.Width; k += 2 * SimdMath.Width)
                {
                    Vector512<float> logarithm = SimdMath.Log(Vector512.Load(rows + k));
                    Vector512<float> radius = Vector512.Sqrt(logarithm * Vector512.Create(-2f));
                    Vector512<float> sine = SimdMath.SinCosTurns(
                        Vector512.Load(rows + k + SimdMath.Width), out Vector512<float> cosine);
                    (radius * cosine).Store(rows + k);
                    (radius * sine).Store(rows + k + SimdMath.Width);
                }

                int elements = Math.Min(4 * SimdMath.Width, count - i);
                for (int e = 0; e < elements; e++)
                {
                    destination[i + e] = rows[((e & 3) * SimdMath.Width) + (e >> 2)];
                }
            }
        }
    }
}
