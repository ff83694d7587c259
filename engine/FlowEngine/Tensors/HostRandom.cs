using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;

namespace FlowEngine.Tensors;

/// <summary>
/// Random numbers for host code: the Philox streams of <see cref="IBackend"/> in double, so that initial weights
/// are the same on every device.
/// </summary>
public sealed class HostRandom
{
    private readonly PhiloxKey _key;
    private uint _next;

    /// <summary>Opens a stream.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="purpose">What the numbers are for.</param>
    /// <param name="epoch">Which stream of that purpose.</param>
    public HostRandom(ulong seed, RandomPurpose purpose, uint epoch) =>
        _key = new PhiloxKey(seed, (uint)purpose, epoch);

    /// <summary>Standard normal numbers; each call gives new ones.</summary>
    /// <param name="length">How many.</param>
    public double[] Normal(int length) => Draw(length, normal: true);

    /// <summary>Numbers in [0, 1); each call gives new ones.</summary>
    /// <param name="length">How many.</param>
    public double[] Uniform(int length) => Draw(length, normal: false);

    private double[] Draw(int length, bool normal)
    {
        uint index = _next++;
        double[] values = new double[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = normal ? PhiloxReference.Normal<double>(_key, index, i) : PhiloxReference.Uniform(_key, index, i);
        }

        return values;
    }
}
