using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

using FlowEngine.Data;

namespace FlowEngine.Fuzz;

/// <summary>Archives of pictures, with damage: their names, and the bytes of their files.</summary>
internal sealed class PictureArchiveTarget : Target
{
    private static readonly string[] _names = ["train/a/1.png", "train/b/2.png", "./test/a/3.ppm", "__MACOSX/._1.png", "notes.txt"];

    private readonly bool _isZip;
    private readonly byte[] _sound;

    public PictureArchiveTarget(string name, bool isZip)
        : base(name) => (_isZip, _sound) = (isZip, isZip ? Zip() : Tar());

    public override void Make(Dice dice, Output output)
    {
        output.Add(_sound);
        if (!dice.OneIn(8))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input) => AsFile(input, () => DataFile.Guard(FileName, () => _isZip
        ? PictureZip.HoldsPictures(FileName, new ImageReading()) && PictureZip.Open(FileName, ReadAll)
        : ReadAll(new PictureTar(FileName + ".tar"))));

    private static bool ReadAll(PictureFiles files)
    {
        foreach ((_, Func<byte[]> read) in files.Each(files.Names))
        {
            read();
        }

        return true;
    }

    private static byte[] Zip()
    {
        using MemoryStream file = new();
        using (ZipArchive archive = new(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (string name in _names)
            {
                ZipArchiveEntry entry = archive.CreateEntry(name, name.Length % 2 == 0 ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
                entry.LastWriteTime = DateTimeOffset.UnixEpoch.AddYears(20);
                using Stream content = entry.Open();
                content.Write(Encoding.ASCII.GetBytes($"P5 2 2 255\n{name}"));
            }
        }

        return file.ToArray();
    }

    private static byte[] Tar()
    {
        using MemoryStream file = new();
        using (TarWriter writer = new(file, leaveOpen: true))
        {
            foreach (string name in _names)
            {
                TarEntry entry = name.Length % 2 == 0
                    ? new PaxTarEntry(TarEntryType.RegularFile, name)
                    : new GnuTarEntry(TarEntryType.RegularFile, name);
                entry.ModificationTime = DateTimeOffset.UnixEpoch.AddYears(20);
                entry.DataStream = new MemoryStream(Encoding.ASCII.GetBytes($"P5 2 2 255\n{name}"));
                writer.WriteEntry(entry);
            }
        }

        return file.ToArray();
    }
}
