using System.Buffers.Binary;

namespace FlowEngine.Tests.Checkpoints;

/// <summary>Damages a file at random: bits, bytes, digits, its length, runs moved from elsewhere in it.</summary>
internal static class Mutation
{
    internal static byte[] Of(byte[] file, Random random)
    {
        byte[] result = [.. file];
        for (int count = random.Next(1, 4); count > 0 && result.Length > 16; count--)
        {
            int at = random.Next(result.Length);
            int other = random.Next(result.Length);
            int length = random.Next(1, 1 + Math.Min(16, result.Length - Math.Max(at, other)));
            switch (random.Next(7))
            {
                case 0:
                    result[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    result[at] = (byte)random.Next(256);
                    break;
                case 2:
                    result[at] = (byte)"0123456789-,[]{}\":\\ u"[random.Next(21)];
                    break;
                case 3:
                    result = result[..at];
                    break;
                case 4:
                    result = [.. result[..at], .. result[other..(other + length)], .. result[at..]];
                    break;
                case 5:
                    result = [.. result[..at], .. result[(at + length)..]];
                    break;
                default:
                    BinaryPrimitives.WriteInt64LittleEndian(result, random.Next(result.Length + 16));
                    break;
            }
        }

        return result;
    }
}
