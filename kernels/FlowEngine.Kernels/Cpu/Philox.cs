using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>One part per 4096 elements of an item. Blocks are scalar; their functions take 16 at a time.</remarks>
public sealed unsafe partial class CpuBackend
{
    private const int PhiloxElements = 4096;

    // The high 24 bits of a word times this are in [0, 1).
    private const float UniformScale = 1f / (1 << 24);
    private const float LargestBelowOne = 1f - UniformScale;

    // What keeps a dequantized number inside its level; see the contract.
    private const float LevelMargin = 1f / (1 << 14);

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

    /// <inheritdoc cref="IBackend.Dequantize(PhiloxKey, ReadOnlySpan{byte}, ReadOnlySpan{uint}, int, BufferView)"/>
    public override void Dequantize(
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
                    BinWidth = bins == 0 ? 0 : 1f / bins,
                };
                _team.Run(indices.Length * job.PartsPerItem, job);
            }
        }
    }

    private struct PhiloxJob : IJob
    {
        public PhiloxKind Kind;
        public PhiloxKey Key;
        public uint* Items;
        public int Elements;
        public int PartsPerItem;
        public float* Destination;
        public byte* Levels;
        public float BinWidth;

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
                    float u = (words[k] >> 8) * UniformScale;
                    u = Math.Min(Math.Max(u, LevelMargin), 1 - LevelMargin);
                    destination[i + k] = MathF.FusedMultiplyAdd(levels[i + k] + u, BinWidth, -0.5f);
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
