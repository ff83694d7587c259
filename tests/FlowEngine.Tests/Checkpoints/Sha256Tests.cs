using System.Security.Cryptography;
using System.Text;
using FlowEngine.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

public sealed class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Digests_are_those_of_the_standard(string text, string digest)
    {
        var hash = new Sha256();
        hash.Append(Encoding.ASCII.GetBytes(text));
        Assert.Equal(digest, hash.Finish());
    }

    [Fact]
    public void Digests_agree_with_the_platform_however_the_bytes_arrive()
    {
        var random = new Random(1);
        for (int length = 0; length < 300; length++)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            var hash = new Sha256();
            for (int at = 0; at < length;)
            {
                int count = random.Next(1, length - at + 1);
                hash.Append(bytes.AsSpan(at, count));
                at += count;
            }

            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), hash.Finish());
        }
    }

    [Fact]
    public void Tensors_have_one_digest_with_or_without_the_platform()
    {
        NamedTensor[] tensors =
        [
            new("a", new[] { 1f, 2 }, 2),
            new("b", new byte[100], 100),
            new("c", Array.Empty<byte>(), 0),
        ];
        byte[] bytes = [.. tensors.SelectMany(tensor => tensor.Bytes.ToArray())];
        string expected = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.Equal(expected, Sha256.OfTensors(tensors));
        Assert.Equal(expected, Sha256.OfTensorsPortably(tensors));
    }
}
