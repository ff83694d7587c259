using FlowEngine.Data;
using FlowEngine.Tests.Checkpoints;
using Xunit;

namespace FlowEngine.Tests.Data;

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
        Assert.False(File.Exists("/dev/flowengine-none"));
    }

    [Fact]
    public void A_device_is_written_and_a_full_one_is_an_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the devices are Linux's");
        AtomicFile.Write("/dev/null", stream => stream.Write([1, 2, 3]));
        FlowException full = Assert.Throws<FlowException>(
            () => AtomicFile.Write("/dev/full", stream => stream.Write([1, 2, 3])));
        Assert.IsType<IOException>(full.InnerException);
    }

    [Fact]
    public void A_link_stays_and_what_it_leads_to_is_replaced_with_its_permissions()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("permissions are POSIX");
            return;
        }

        using TemporaryFolder folder = new();
        string path = folder.File("a");
        string link = folder.File("link");
        File.CreateSymbolicLink(link, path);
        AtomicFile.Write(link, stream => stream.WriteByte(1));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        AtomicFile.Write(link, stream => stream.WriteByte(2));
        Assert.Equal(path, new FileInfo(link).LinkTarget);
        Assert.Equal([2], File.ReadAllBytes(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_and_what_another_writes_is_not()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("a");
        string left = $"{path}.{Path.GetRandomFileName()}.tmp";
        string[] others = [folder.File("a.tmp"), folder.File("a.b.tmp"), $"{folder.File("b")}.{Path.GetRandomFileName()}.tmp"];
        Assert.All([left, .. others], file => File.WriteAllBytes(file, [1]));
        AtomicFile.Write(path, outer =>
        {
            // A second process at work: this one's temporary file is there, and locked.
            AtomicFile.Write(path, inner => inner.WriteByte(2));
            outer.WriteByte(3);
        });
        Assert.Equal([3], File.ReadAllBytes(path));
        Assert.Equal(["a", .. others.Select(Path.GetFileName).Order()], folder.FileNames.Order());
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
