using FlowEngine.Data;
using Xunit;

namespace FlowEngine.Tests.Data;

/// <summary>Claims that the tests of the readers share.</summary>
internal static class DataAssert
{
    /// <summary>The action fails with a kind, on one line that holds all the words.</summary>
    public static void Fails(FlowErrorKind kind, Action action, params string[] words)
    {
        FlowException error = Assert.Throws<FlowException>(action);
        Assert.Equal(kind, error.Kind);
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        if (kind == FlowErrorKind.BadFormat)
        {
            Assert.Contains("expected", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Loading a file of some bytes fails as bad format, naming it.</summary>
    public static void FailsToLoad(string fileName, byte[] bytes, params string[] words)
    {
        using TestFolder folder = new();
        string path = folder.Write(fileName, bytes);
        Fails(FlowErrorKind.BadFormat, () => DatasetLoader.Load(path), [fileName, .. words]);
    }

    /// <summary>All images of both parts, which are disjoint, are the expected ones in some order.</summary>
    public static void Holds(byte[][] expected, ImageParts parts)
    {
        IEnumerable<string> actual = Hex(parts.Train).Concat(Hex(parts.Test));
        Assert.Equal(expected.Select(Convert.ToHexString).Order(), actual.Order());
    }

    public static IEnumerable<string> Hex(ImageDataset images)
    {
        List<string> all = [];
        for (int i = 0; i < images.Count; i++)
        {
            all.Add(Convert.ToHexString(images[i]));
        }

        return all;
    }
}
