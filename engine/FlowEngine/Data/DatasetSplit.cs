using FlowEngine.Tensors;

namespace FlowEngine.Data;

/// <summary>Splits a data set that has no test part by a rule that depends only on its count.</summary>
internal static class DatasetSplit
{
    private const int Stride = 10;

    /// <summary>Never to change: a saved figure holds for the images it was measured on.</summary>
    private const ulong Seed = 0x464C4F57454E4731;

    /// <summary>Every tenth image of one fixed shuffle is test; both parts keep the order of the source.</summary>
    public static ImageParts Split(ImageDataset all, string source)
    {
        if (all.Count < 2)
        {
            throw DataFile.BadFormat(source, $"holds {all.Count} image, expected at least 2 to split off a test part");
        }

        int[] shuffled = Shuffle(all.Count, Seed);
        bool[] isTest = new bool[all.Count];
        for (int i = 0; i < shuffled.Length; i += Stride)
        {
            isTest[shuffled[i]] = true;
        }

        int[] order = [.. Enumerable.Range(0, all.Count)];
        return new ImageParts(
            all.Select(Array.FindAll(order, index => !isTest[index])),
            null,
            all.Select(Array.FindAll(order, index => isTest[index])))
        {
            All = all,
        };
    }

    /// <summary>Fisher-Yates.</summary>
    internal static int[] Shuffle(int count, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            ulong random = SplitMix64.At(seed, (ulong)(count - 1 - i));
            int j = (int)Math.BigMul(random, (ulong)i + 1, out _);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
