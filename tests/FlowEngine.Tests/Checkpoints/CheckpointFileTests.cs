using System.Security.Cryptography;
using FlowEngine.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

public sealed class CheckpointFileTests
{
    private const string Config = """{"preset":"glow","name":"größe \"x\""}""";

    private static readonly NamedTensor[] _tensors =
    [
        new("flag", new byte[] { 1 }),
        new("weight", new[] { 1f, 2, 3 }, 3),
        new("moment", new[] { 1.0, 2 }, 2),
    ];

    [Fact]
    public void A_checkpoint_returns_as_it_was_saved()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("checkpoint.safetensors");
        CheckpointFile.Save(path, _tensors, Config);

        CheckpointFile file = CheckpointFile.Load(path);

        Assert.Equal(Config, file.Config);
        Assert.Equal(_tensors.Length, file.Tensors.Count);
        SafetensorsFileTests.AssertSame(_tensors, _tensors.Select(tensor => file.Tensors[tensor.Name]));
        Assert.Equal(["checkpoint.safetensors"], folder.FileNames);
    }

    [Fact]
    public void The_checksum_is_the_sha256_of_all_that_follows_the_header()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a");
        CheckpointFile.Save(path, _tensors, Config);
        byte[] data = File.ReadAllBytes(path)[^29..];
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(data)), SafetensorsFile.Read(path).Metadata["sha256"]);
    }

    [Fact]
    public void Damage_to_any_tensor_byte_is_found()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a");
        CheckpointFile.Save(path, _tensors, Config);
        byte[] file = File.ReadAllBytes(path);
        for (int fromEnd = 1; fromEnd <= 29; fromEnd++)
        {
            byte[] damaged = [.. file];
            damaged[^fromEnd] ^= 1;
            Assert.Contains("checksum", Refused(damaged), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_without_checksum_is_taken()
    {
        CheckpointFile file = Open(new() { ["format_version"] = "1", ["config"] = Config });
        Assert.Equal(Config, file.Config);
    }

    [Theory]
    [InlineData("2", "newer version")]
    [InlineData("2147483647", "newer version")]
    [InlineData("0", "not a version")]
    [InlineData("-1", "not a version")]
    [InlineData("1.0", "not a version")]
    [InlineData("99999999999", "not a version")]
    [InlineData("", "not a version")]
    public void Other_versions_are_refused(string version, string reason) =>
        Assert.Contains(
            reason,
            Refused(new Dictionary<string, string> { ["format_version"] = version, ["config"] = Config }),
            StringComparison.Ordinal);

    [Fact]
    public void A_foreign_file_is_told_to_be_imported() =>
        Assert.Contains(
            "flow import",
            Refused(new Dictionary<string, string> { ["format"] = "pt" }),
            StringComparison.Ordinal);

    [Fact]
    public void A_file_without_configuration_is_refused() =>
        Assert.Contains(
            "configuration",
            Refused(new Dictionary<string, string> { ["format_version"] = "1" }),
            StringComparison.Ordinal);

    [Fact]
    public void A_save_that_fails_leaves_the_old_checkpoint()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a");
        CheckpointFile.Save(path, _tensors, Config);
        Assert.Throws<FlowException>(() => CheckpointFile.Save(path, [_tensors[0], _tensors[0]], Config));
        Assert.Equal(Config, CheckpointFile.Load(path).Config);
        Assert.Equal(["a"], folder.FileNames);
    }

    private static CheckpointFile Open(Dictionary<string, string> metadata) =>
        CheckpointFile.Open(SafetensorsFile.Read(Safetensors.Write(_tensors, metadata), "x"));

    private static string Refused(Dictionary<string, string> metadata) =>
        Refused(Safetensors.Write(_tensors, metadata));

    private static string Refused(byte[] file)
    {
        FlowException exception = Assert.Throws<FlowException>(
            () => CheckpointFile.Open(SafetensorsFile.Read(file, "x.safetensors")));
        Assert.Equal(FlowErrorKind.BadFormat, exception.Kind);
        Assert.StartsWith("x.safetensors: ", exception.Message, StringComparison.Ordinal);
        return exception.Message;
    }
}
