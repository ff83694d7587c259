using FlowEngine.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Checkpoints;

public sealed class AtomicFileTests
{
    [Fact]
    public void A_write_replaces_the_file_and_leaves_nothing_else()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a");
        AtomicFile.Write(path, stream => stream.Write([1, 2, 3]));
        AtomicFile.Write(path, stream => stream.Write([4]));
        Assert.Equal([4], File.ReadAllBytes(path));
        Assert.Equal(["a"], folder.FileNames);
    }

    [Fact]
    public void A_write_that_fails_half_way_leaves_the_old_file_and_no_other()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a");
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.Throws<TimeZoneNotFoundException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[1_000_000]);
            throw new TimeZoneNotFoundException();
        }));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal(["a"], folder.FileNames);
    }

    [Fact]
    public void The_old_file_is_whole_while_the_new_one_is_written()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a");
        File.WriteAllBytes(path, [1, 2, 3]);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[1_000_000]);
            Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
            Assert.Equal(2, folder.FileNames.Length);
        });
        Assert.Equal(1_000_000, new FileInfo(path).Length);
    }

    [Fact]
    public void A_device_is_not_replaced_by_a_file()
    {
        // A name that is not there: should the check be gone, no device is lost.
        FlowException error = Assert.Throws<FlowException>(
            () => AtomicFile.Write("/dev/flowengine-none", stream => stream.WriteByte(1)));
        Assert.Equal(FlowErrorKind.Io, error.Kind);
        Assert.Contains("device", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("/dev/flowengine-none"));
    }

    [Fact]
    public void Disk_errors_are_io_errors_that_name_the_path()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder.File("folder"));
        foreach (string path in new[] { folder.File("no/such"), folder.File("folder"), "", "a\0b" })
        {
            FlowException exception = Assert.Throws<FlowException>(() => AtomicFile.Write(path, _ => { }));
            Assert.Equal(FlowErrorKind.Io, exception.Kind);
            Assert.StartsWith($"{PrintableText.OneLine(path)}: cannot be written", exception.Message, StringComparison.Ordinal);
        }

        FlowException full = Assert.Throws<FlowException>(
            () => AtomicFile.Write(folder.File("full"), _ => throw new IOException("no space left")));
        Assert.Contains("no space left", full.Message, StringComparison.Ordinal);
        Assert.Empty(folder.FileNames);
    }
}
