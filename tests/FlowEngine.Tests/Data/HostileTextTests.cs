using FlowEngine.Architecture;
using FlowEngine.Data;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Cli;
using FlowEngine.Tests.Models;
using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Text of a file that reaches a message or a table is one line that a terminal shows and does not obey.</summary>
public sealed class HostileTextTests
{
    private const string Hostile = "a\u001b[31m\n\r\t\0\u009b\u202e\u2028\u200b\ufeff\ud800\U000e0041é漢😀";

    [Fact]
    public void A_message_is_one_printable_line()
    {
        string message = new FlowException(FlowErrorKind.BadFormat, Hostile).Message;
        Assert.Equal(
            @"a\u{1b}[31m\n\r\t\u{0}\u{9b}\u{202e}\u{2028}\u{200b}\u{feff}" + "\ufffd" + @"\u{e0041}é漢😀", message);
        Assert.Equal(message, new FlowException(FlowErrorKind.BadFormat, message).Message);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('\n')]
    [InlineData('\ud83d')]
    public void A_message_is_bounded_and_keeps_its_ends(char filling)
    {
        string text = "file.csv: " + new string(filling, 5_000_000) + ", expected numbers";
        string message = new FlowException(FlowErrorKind.BadFormat, text).Message;
        Assert.True(message.Length <= 2000, $"{message.Length} characters");
        Assert.StartsWith("file.csv: ", message, StringComparison.Ordinal);
        Assert.EndsWith(", expected numbers", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pair_of_surrogates_is_not_parted()
    {
        for (int shift = 0; shift < 4; shift++)
        {
            string text = new string('x', shift) + string.Concat(Enumerable.Repeat("😀", 2000));
            Assert.DoesNotContain('\ufffd', new FlowException(FlowErrorKind.BadFormat, text).Message);
        }
    }

    [Fact]
    public void What_the_command_says_of_a_model_holds_no_control_characters()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("model.safetensors");
        using (CpuBackend backend = new())
        {
            GlowOptions options = TinyGlow.Options() with { Condition = new ConditionOptions(2, true, ConditionInto.Prior) };
            using Model model = TinyGlow.Perturbed(backend, options);
            model.SetSchema(DataSchema.AsIs(Hostile, options) with
            {
                Classes = new DataClasses(2, [Hostile, new string('n', 100_000)], null),
            });
            model.Save(path);
        }

        string[][] commands =
        [
            ["info", path],
            ["sample", path, "--count", "2", "--out", folder.File("grid.png")],
        ];
        foreach (string[] command in commands)
        {
            string output = CommandRun.Succeed(command);
            Assert.All(output.Split('\n'), line => Assert.DoesNotContain(line.TrimEnd('\r'), char.IsControl));
            Assert.DoesNotContain('\u202e', output);
            Assert.True(output.Length < 100_000, $"{output.Length} characters");
        }
    }
}
