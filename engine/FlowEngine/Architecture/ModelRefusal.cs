namespace FlowEngine.Architecture;

/// <summary>Something that models of a kind, or some of them, cannot be used for.</summary>
/// <typeparam name="T">The options of the kind.</typeparam>
/// <param name="Use">What for.</param>
/// <param name="Reason">Why not, and what was expected: a clause.</param>
/// <param name="When">Which models; null for all.</param>
public sealed record ModelRefusal<T>(ModelUse Use, string Reason, Func<T, bool>? When = null);
