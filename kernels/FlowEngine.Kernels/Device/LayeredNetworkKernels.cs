namespace FlowEngine.Kernels.Device;

/// <summary>
/// Networks of layers beside their products, which are <see cref="DenseNetworkKernels"/>'s; see
/// <see cref="LayeredNetworkShape"/> for the formulae. A thread has one element.
/// </summary>
/// <remarks>The degrees of a layer are those of its inputs, then those of its units: a unit reads none above its own.</remarks>
internal static partial class LayeredNetworkKernels
{
    private const int BlockSize = 256;

    // masked[unit, input] = weight[unit, input] where the unit reads it, else 0.
    [Kernel(BlockSize)]
    private static void MaskWeight(
        ReadOnlyGlobalView<float> weight,
        GlobalView<float> masked,
        ReadOnlyGlobalView<int> degrees,
        int inputs,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            masked[i] = Reads(degrees, inputs, i) ? weight[i] : 0.0f;
        }
    }

    // gradient[unit, input] += Σ of the slices where the unit reads the input.
    [Kernel(BlockSize)]
    private static void AddWeightSlices(
        ReadOnlyGlobalView<float> slices,
        GlobalView<float> gradient,
        ReadOnlyGlobalView<int> degrees,
        int inputs,
        int count,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length && Reads(degrees, inputs, i))
        {
            double sum = (double)gradient[i];
            for (int slice = 0; slice < count; slice++)
            {
                sum += (double)slices[(slice * length) + i];
            }

            gradient[i] = (float)sum;
        }
    }

    // target = act(z).
    [Kernel(BlockSize)]
    private static void Activate(
        ReadOnlyGlobalView<float> z, GlobalView<float> target, int activation, float leak, long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            target[i] = Activations.Value(activation, leak, z[i]);
        }
    }

    // dSource += product · act'(z), z what the product's layer reads.
    [Kernel(BlockSize)]
    private static void ActivateBackward(
        ReadOnlyGlobalView<float> product,
        ReadOnlyGlobalView<float> z,
        GlobalView<float> dSource,
        int activation,
        float leak,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            dSource[i] = XMath.Fma(product[i], Activations.Slope(activation, leak, z[i]), dSource[i]);
        }
    }

    // target = source + act(addend).
    [Kernel(BlockSize)]
    private static void Add(
        ReadOnlyGlobalView<float> source,
        ReadOnlyGlobalView<float> addend,
        GlobalView<float> target,
        int activation,
        float leak,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            target[i] = source[i] + Activations.Value(activation, leak, addend[i]);
        }
    }

    // dSource += dTarget, dAddend += dTarget · act'(addend).
    [Kernel(BlockSize)]
    private static void AddBackward(
        ReadOnlyGlobalView<float> dTarget,
        ReadOnlyGlobalView<float> addend,
        GlobalView<float> dSource,
        GlobalView<float> dAddend,
        int activation,
        float leak,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            dSource[i] += dTarget[i];
            dAddend[i] = XMath.Fma(dTarget[i], Activations.Slope(activation, leak, addend[i]), dAddend[i]);
        }
    }

    // target = source + addend · σ(gate).
    [Kernel(BlockSize)]
    private static void AddGated(
        ReadOnlyGlobalView<float> source,
        ReadOnlyGlobalView<float> addend,
        ReadOnlyGlobalView<float> gate,
        GlobalView<float> target,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            target[i] = XMath.Fma(addend[i], XMath.Sigmoid(gate[i]), source[i]);
        }
    }

    // dSource += dTarget, dAddend += dTarget · σ(gate), dGate += dTarget · addend · σ(gate) σ(-gate).
    [Kernel(BlockSize)]
    private static void AddGatedBackward(
        ReadOnlyGlobalView<float> dTarget,
        ReadOnlyGlobalView<float> addend,
        ReadOnlyGlobalView<float> gate,
        GlobalView<float> dSource,
        GlobalView<float> dAddend,
        GlobalView<float> dGate,
        long length)
    {
        long i = Grid.GlobalIndexX;
        if (i < length)
        {
            float d = dTarget[i];
            float open = XMath.Sigmoid(gate[i]);
            dSource[i] += d;
            dAddend[i] = XMath.Fma(d, open, dAddend[i]);
            dGate[i] = XMath.Fma(d * addend[i], open * XMath.Sigmoid(-gate[i]), dGate[i]);
        }
    }

    private static bool Reads(ReadOnlyGlobalView<int> degrees, int inputs, long weight) =>
        degrees[weight % inputs] <= degrees[inputs + (weight / inputs)];
}
