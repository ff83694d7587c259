using FlowEngine.Data;

namespace FlowEngine.Cli;

/// <summary>What a user should know and need not act on: one line on standard error.</summary>
internal static class Note
{
    /// <summary>Writes a note.</summary>
    /// <param name="error">Standard error.</param>
    /// <param name="text">The note; names in it may come from a file.</param>
    public static void Write(TextWriter error, string text) => error.WriteLine(PrintableText.OneLine($"flow: note: {text}"));

    /// <summary>What a mean of log densities leaves out; empty where that is nothing.</summary>
    /// <param name="count">Samples of log density -∞.</param>
    /// <param name="unit">What a sample is called.</param>
    public static string LeftOut(int count, SampleUnit unit) => count == 0
        ? string.Empty
        : $"; without {count} {(count == 1 ? unit.Name : unit.Plural)} of log density -Infinity";
}
