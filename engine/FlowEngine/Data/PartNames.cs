namespace FlowEngine.Data;

/// <summary>The names by which files, folders and arrays are parts of a data set, in any case.</summary>
internal static class PartNames
{
    /// <summary>What training data are called.</summary>
    public static IReadOnlyList<string> Train { get; } = ["train", "training"];

    /// <summary>What the data are called that judge a model while it trains.</summary>
    public static IReadOnlyList<string> Validation { get; } = ["val", "valid", "validation"];

    /// <summary>What the data are called that nothing of training sees.</summary>
    public static IReadOnlyList<string> Test { get; } = ["test", "testing"];

    /// <summary>The names of the three parts, in this order.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> All { get; } = [Train, Validation, Test];

    /// <summary>True if a file on its own is wholly test: test_rows.csv, val.npy, t10k-images-idx3-ubyte.</summary>
    /// <param name="fileName">Its name without a folder.</param>
    public static bool IsHeldOut(string fileName)
    {
        string stem = fileName.Split('.')[0];
        return Has(Test, stem.Split('_')[0]) || Has(Validation, stem)
            || stem.StartsWith("t10k-", StringComparison.OrdinalIgnoreCase)
            || stem.Contains("-test-images", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>True if a name is one of some, in any case.</summary>
    /// <param name="names">The names of a part.</param>
    /// <param name="name">The name.</param>
    public static bool Has(IReadOnlyList<string> names, string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);
}
