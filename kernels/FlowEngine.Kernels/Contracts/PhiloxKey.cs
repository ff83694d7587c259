namespace FlowEngine.Kernels;

/// <summary>
/// Names one stream of random numbers. The counter of Philox4x32-10 is (element / 4, index, epoch, purpose), its key
/// the seed: a number depends on what it is for, never on where in a batch it is used.
/// </summary>
/// <param name="Seed">The key: low word first.</param>
/// <param name="Purpose">What the numbers are for; counter word 3.</param>
/// <param name="Epoch">The pass over the data; counter word 2.</param>
public readonly record struct PhiloxKey(ulong Seed, uint Purpose, uint Epoch);
