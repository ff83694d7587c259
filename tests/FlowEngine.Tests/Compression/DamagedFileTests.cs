using System.Buffers.Binary;
using FlowEngine.Compression;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;
using FlowEngine.Tests.Checkpoints;
using FlowEngine.Tests.Models;
using Xunit;

namespace FlowEngine.Tests.Compression;

public sealed class DamagedFileTests : IDisposable
{
    private readonly CpuBackend _backend = new(1);
    private readonly Model _model;
    private readonly byte[] _images;
    private readonly byte[] _file;

    public DamagedFileTests()
    {
        // A chain, a block of one image, which is stored.
        _model = TinyGlow.Perturbed(_backend, TinyGlow.Options(steps: 1, hidden: 4));
        _images = CompressedFile.Levels(_model.Flow, 17, 9);
        _file = CompressedFile.Of(_model, _images, 8);
    }

    [Fact]
    public void A_thousand_damaged_files_are_errors()
    {
        Random random = new(1);
        for (int i = 0; i < 1000; i++)
        {
            byte[] damaged = Mutation.Of(_file, random);
            if (damaged.AsSpan().SequenceEqual(_file))
            {
                continue;
            }

            FlowException error = Assert.Throws<FlowException>(() => CompressedFile.Read(damaged, _model));
            Assert.Contains(error.Kind, new[] { FlowErrorKind.BadFormat, FlowErrorKind.InvalidArgument });
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    [Fact]
    public void A_thousand_damaged_files_whose_checksums_hold_are_errors_or_the_same_images()
    {
        Random random = new(2);
        int errors = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] damaged = Mutation.Of(_file, random);
            CompressedFile.Mend(damaged);
            try
            {
                Assert.Equal(_images, CompressedFile.Read(damaged, _model));
            }
            catch (FlowException error)
            {
                Assert.Contains(error.Kind, new[] { FlowErrorKind.BadFormat, FlowErrorKind.InvalidArgument });
                errors++;
            }
        }

        Assert.True(errors > 950, $"only {errors} errors");
    }

    [Fact]
    public void Every_shorter_file_is_an_error()
    {
        for (int length = 0; length < _file.Length; length++)
        {
            FlowException error = Assert.Throws<FlowException>(() => CompressedFile.Open(_file[..length]));
            Assert.Equal(FlowErrorKind.BadFormat, error.Kind);
        }
    }

    [Fact]
    public void A_newer_file_says_so()
    {
        byte[] newer = [.. _file];
        newer[8] = 2;
        FlowException error = Assert.Throws<FlowException>(() => CompressedFile.Open(newer));
        Assert.Equal(FlowErrorKind.BadFormat, error.Kind);
        Assert.Contains("newer version (format 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_block_does_not_hide_the_others()
    {
        byte[] damaged = [.. _file];
        damaged[^20] ^= 1;
        CompressedImages opened = CompressedFile.Open(damaged);
        Assert.Equal(_images[..(8 * _model.Flow.Dims)], opened.Read(_model, 0, 8));
        FlowException error = Assert.Throws<FlowException>(() => opened.Read(_model, 8, 1));
        Assert.Equal(FlowErrorKind.BadFormat, error.Kind);
        Assert.Contains("block 1 of 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Blocks_that_changed_places_are_an_error()
    {
        byte[] file = CompressedFile.Of(_model, _images, 1);
        int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(68));
        byte[] second = file[^length..];
        file.AsSpan(file.Length - (2 * length), length).CopyTo(file.AsSpan(file.Length - length));
        second.CopyTo(file.AsSpan(file.Length - (2 * length)));
        Assert.Equal(_images[..(7 * _model.Flow.Dims)], CompressedFile.Open(file).Read(_model, 0, 7));
        Assert.Throws<FlowException>(() => CompressedFile.Read(file, _model));
    }

    public void Dispose()
    {
        _model.Dispose();
        _backend.Dispose();
    }
}
