namespace FlowEngine.Fuzz;

/// <summary>An input that a reader did wrong with.</summary>
/// <param name="Reader">The reader.</param>
/// <param name="Index">The number of the input; -1 for one of a file.</param>
/// <param name="Problem">What went wrong.</param>
/// <param name="Input">The bytes.</param>
internal sealed record Finding(string Reader, long Index, string Problem, byte[] Input);
