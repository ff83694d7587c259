using System.Formats.Tar;
using System.IO.Compression;
using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Archives of pictures are the folders that they are of.</summary>
public sealed class PictureArchiveTests : IDisposable
{
    private static readonly byte[][] _images = SampleFiles.Images(8, 2 * 3 * 3);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("set.zip", "")]
    [InlineData("set.zip", "outer/inner/")]
    [InlineData("set.tar", "")]
    [InlineData("set.tar", "./")]
    [InlineData("set.tar.gz", "outer/")]
    [InlineData("set.tgz", "")]
    public void An_archive_is_the_folder_it_is_of(string name, string outer)
    {
        List<(string Path, byte[] Bytes)> files = [];
        string[] folders = ["train/good", "test/scratch", "test/good", "ground_truth/scratch"];
        for (int i = 7; i >= 0; i--)
        {
            files.Add(($"{folders[i % 4]}/{i}.png", PngImage.Encode(new Image(2, 3, 3, _images[i]))));
            _folder.Write($"set/{files[^1].Path}", files[^1].Bytes);
        }

        files.Add(("train/good/notes.txt", [1]));
        string path = _folder.Write(name, Archive(name, [
            .. files.Select(file => (outer + file.Path, file.Bytes)), ("__MACOSX/train/._0.png", [1]), (".hidden.png", [1])]));
        ImageParts expected = DatasetLoader.Load(Path.Combine(_folder.Root, "set"));
        ImageParts found = DatasetLoader.Load(path);
        Assert.Equal(["good", "scratch"], found.All.ClassNames!);
        Assert.Equal((2, 4), (found.Train.Count, found.Test.Count));
        Assert.Equal(DataAssert.Hex(expected.All), DataAssert.Hex(found.All));
        Assert.Equal(expected.All.Labels, found.All.Labels);
        Assert.Equal(expected.Notes, found.Notes);
        Assert.Equal(2, Directory.GetFileSystemEntries(_folder.Root).Length);
    }

    [Theory]
    [InlineData("set.zip")]
    [InlineData("set.tar")]
    [InlineData("set.tar.gz")]
    public void Damaged_archives_are_refused(string name)
    {
        byte[] png = PngImage.Encode(new Image(2, 3, 3, _images[0]));
        byte[] whole = Archive(name, ("a.png", png), ("b.png", png), ("c.png", png));
        DataAssert.FailsToLoad(name, whole[..(whole.Length / 2)]);
        DataAssert.FailsToLoad(name, Archive(name, ("a.png", png), ("b.png", png[..20])), "b.png");
        DataAssert.FailsToLoad(name, Archive(name, ("a.png", png), ("a.png", png)), "'a.png' twice");
    }

    [Fact]
    public void A_zip_whose_checksum_is_wrong_is_refused()
    {
        byte[] png = PngImage.Encode(new Image(2, 3, 3, _images[0]));
        byte[] zip = Archive("set.zip", ("a.pgm", [.. "P5 2 2 255\n"u8, 1, 2, 3, 4]), ("b.png", png));
        int data = zip.AsSpan().IndexOf("P5 2 2"u8);
        zip[data + 11] ^= 1;
        DataAssert.FailsToLoad("set.zip", zip, "a.pgm", "checksum");
    }

    private static byte[] Archive(string name, params (string Path, byte[] Bytes)[] files)
    {
        using MemoryStream archive = new();
        if (name.EndsWith(".zip", StringComparison.Ordinal))
        {
            using ZipArchive zip = new(archive, ZipArchiveMode.Create, leaveOpen: true);
            foreach ((string path, byte[] bytes) in files)
            {
                using Stream entry = zip.CreateEntry(path, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }
        else
        {
            using TarWriter tar = new(archive, leaveOpen: true);
            foreach ((string path, byte[] bytes) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(bytes) });
            }
        }

        return name.EndsWith("gz", StringComparison.Ordinal) ? SampleFiles.Gzip(archive.ToArray()) : archive.ToArray();
    }
}
