using System.IO.Compression;
using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Damaged files of every format load or fail with a clear error: never another exception.</summary>
public sealed class MutationTests
{
    private const int Count = 2000;

    public static TheoryData<string> Formats =>
        ["npy", "npz", "npz-stored", "png", "png-interlaced", "ppm", "idx", "idx-gz", "cifar"];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_damaged_file_loads_or_fails_clearly(string format)
    {
        Random random = new(20180709);
        byte[] valid = Valid(format);
        using TestFolder folder = new();
        Action<byte[]> read = format switch
        {
            "png" or "png-interlaced" => file => PngImage.Decode(file, "image"),
            "ppm" => file => PnmImage.Decode(file, "image"),
            "cifar" => file => DatasetLoader.Load(folder.Write("data_batch_1.bin", file)),
            _ => file => DatasetLoader.Load(folder.Write("data", file)),
        };
        read(valid);
        int refused = 0;
        for (int i = 0; i < Count; i++)
        {
            byte[] mutant = Mutate(valid, random);
            try
            {
                read(mutant);
            }
            catch (FlowException e)
            {
                Assert.True(e.Kind == FlowErrorKind.BadFormat, e.ToString());
                Assert.DoesNotContain(e.Message, char.IsControl);
                refused++;
            }
        }

        // A reader that accepted everything would not be checking.
        Assert.InRange(refused, Count / 20, Count);
    }

    private static byte[] Valid(string format)
    {
        byte[][] images = SampleFiles.Images(5, 4 * 4);
        byte[] halves = [.. Enumerable.Repeat(BitConverter.GetBytes(0.5f), 80).SelectMany(b => b)];
        byte[] npy = SampleFiles.Npy("<f4", "(5, 4, 4)", halves);
        byte[] labels = SampleFiles.Npy("<i4", "(5,)", new byte[20]);
        int[] samples = [.. Enumerable.Range(0, 7 * 9 * 3).Select(i => i)];
        return format switch
        {
            "npy" => npy,
            "npz" => SampleFiles.Npz(CompressionLevel.Optimal, ("x", npy), ("y", labels)),
            "npz-stored" => SampleFiles.Npz(CompressionLevel.NoCompression, ("x", npy), ("y", labels)),
            "png" => SamplePng.Encode(7, 9, 8, 2, samples, row => row % 5),
            "png-interlaced" => SamplePng.Encode(7, 9, 16, 2, samples, row => row % 5, isInterlaced: true),
            "ppm" => PnmImage.Encode(new Image(4, 4, 1, images[0])),
            "idx" => SampleFiles.Idx(images, 4, 4),
            "idx-gz" => SampleFiles.Gzip(SampleFiles.Idx(images, 4, 4)),
            _ => SampleFiles.Cifar(SampleFiles.Images(3, 3072), [[0], [1], [2]]),
        };
    }

    /// <summary>One to four edits: a flipped bit, an overwritten byte, a cut, an insertion or a copied run.</summary>
    private static byte[] Mutate(byte[] valid, Random random)
    {
        List<byte> bytes = [.. valid];
        for (int edits = random.Next(1, 5); edits > 0 && bytes.Count > 0; edits--)
        {
            // Headers matter most, so half of the edits fall on the first 128 bytes.
            int at = random.Next(random.Next(2) == 0 ? bytes.Count : Math.Min(128, bytes.Count));
            int length = random.Next(1, Math.Min(16, bytes.Count - at + 1));
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = (byte)(random.Next(2) * 255);
                    break;
                case 3:
                    bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : length);
                    break;
                case 4:
                    bytes.InsertRange(at, new byte[length]);
                    break;
                default:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
            }
        }

        return [.. bytes];
    }
}
