namespace FlowEngine.Compression;

/// <summary>
/// A value left the range of the grid, or a stack ran out: in compression the block is stored as it is, in
/// decompression it is damaged.
/// </summary>
internal sealed class CodingException(string message) : Exception(message);
