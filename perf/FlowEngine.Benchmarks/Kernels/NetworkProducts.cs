using FlowEngine.Kernels.Cpu;

namespace FlowEngine.Benchmarks;

/// <summary>
/// The products of a coupling network by OpenBLAS, and nothing else: the patches are there already, and no bias,
/// rectifier or shift of taps is added.
/// </summary>
internal sealed unsafe class NetworkProducts
{
    private const double Tolerance = 1e-5;

    private readonly int _pixels;
    private readonly int _patch;
    private readonly int _hidden;
    private readonly int _taps;
    private readonly bool _isBackward;
    private readonly float* _patches;
    private readonly float* _hidden1;
    private readonly float* _hidden2;
    private readonly float* _tapValues;
    private readonly float* _weight1;
    private readonly float* _weight2;
    private readonly float* _weight3;
    private readonly float* _result;

    /// <summary>Lays out random factors and checks a product against sums in double.</summary>
    /// <param name="arrays">Where they go.</param>
    /// <param name="shape">The level.</param>
    /// <param name="isBackward">Six products, those of the gradients, instead of three.</param>
    /// <param name="threads">Threads of OpenBLAS.</param>
    public NetworkProducts(Arrays arrays, ModelShape shape, bool isBackward, int threads)
    {
        OpenBlas.SetThreads(threads);
        _pixels = shape.Image.Pixels;
        _patch = 9 * shape.Network.InputChannels;
        _hidden = shape.Network.Hidden;
        _taps = 9 * shape.Network.OutputChannels;
        _isBackward = isBackward;
        _patches = Factor(_pixels, _patch);
        _hidden1 = Factor(_pixels, _hidden);
        _hidden2 = Factor(_pixels, _hidden);
        _tapValues = Factor(_pixels, _taps);
        _weight1 = Factor(_hidden, _patch);
        _weight2 = Factor(_hidden, _hidden);
        _weight3 = Factor(_hidden, _taps);
        _result = Factor(Math.Max(_pixels, _hidden), Math.Max(Math.Max(_patch, _taps), _hidden));
        Check();

        float* Factor(int rows, int columns)
        {
            long length = (long)rows * columns;
            return CpuBackend.Pointer(arrays.Random(length), length);
        }
    }

    /// <summary>Every product once.</summary>
    public void Run()
    {
        if (!_isBackward)
        {
            OpenBlas.Multiply(_pixels, _hidden, _patch, _patches, false, _weight1, true, _result);
            OpenBlas.Multiply(_pixels, _hidden, _hidden, _hidden1, false, _weight2, true, _result);
            OpenBlas.Multiply(_pixels, _taps, _hidden, _hidden2, false, _weight3, false, _result);
            return;
        }

        // Of the activations, then of the weights.
        OpenBlas.Multiply(_pixels, _hidden, _taps, _tapValues, false, _weight3, true, _result);
        OpenBlas.Multiply(_pixels, _hidden, _hidden, _hidden2, false, _weight2, false, _result);
        OpenBlas.Multiply(_pixels, _patch, _hidden, _hidden1, false, _weight1, false, _result);
        OpenBlas.Multiply(_hidden, _taps, _pixels, _hidden2, true, _tapValues, false, _result);
        OpenBlas.Multiply(_hidden, _hidden, _pixels, _hidden2, true, _hidden1, false, _result);
        OpenBlas.Multiply(_hidden, _patch, _pixels, _hidden1, true, _patches, false, _result);
    }

    // Some builds of OpenBLAS compute wrongly on processors that they do not know.
    private void Check()
    {
        OpenBlas.Multiply(_pixels, _hidden, _patch, _patches, false, _weight1, true, _result);
        for (int row = 0; row < Math.Min(_pixels, 16); row++)
        {
            for (int column = 0; column < _hidden; column++)
            {
                double sum = 0;
                double size = 0;
                for (int i = 0; i < _patch; i++)
                {
                    double term = (double)_patches[(row * _patch) + i] * _weight1[(column * _patch) + i];
                    sum += term;
                    size += Math.Abs(term);
                }

                if (!(Math.Abs(sum - _result[(row * _hidden) + column]) <= Tolerance * size))
                {
                    throw new InvalidOperationException(
                        $"OpenBLAS is wrong at ({row}, {column}) of a product: "
                        + $"{_result[(row * _hidden) + column]} instead of {sum}");
                }
            }
        }
    }
}
