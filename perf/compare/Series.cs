namespace FlowEngine.Compare;

/// <summary>One benchmark of one build, measured once a round.</summary>
/// <param name="Benchmark">Its name, the same in both builds.</param>
/// <param name="Unit">The unit of the values.</param>
/// <param name="HigherIsBetter">True for rates, false for times.</param>
/// <param name="Values">By round; finite and positive.</param>
internal sealed record Series(string Benchmark, string Unit, bool HigherIsBetter, IReadOnlyList<double> Values);
