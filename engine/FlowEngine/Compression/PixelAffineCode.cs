using FlowEngine.Kernels;

namespace FlowEngine.Compression;

/// <summary>An ActNorm, an LU-decomposed 1x1 convolution, or the first followed by the second.</summary>
/// <remarks>
/// <para>
/// With e = exp(logScale) and s = sign · exp(logDiagonal), either of them 1 where its part is absent:
/// <code>
/// u = x + b                                                        moved by whole cells
/// h_i = s_i e_i u_i + Σ_{j &gt; i} U_ij e_j u_j        i ascending     coded by s_i e_i, then moved
/// g_i = h_i + Σ_{j &lt; i} L_ij h_j                  i descending    moved
/// y_i = g_permutation[i]
/// </code>
/// In this order each sum reads channels that have not changed yet, so a decoder, which goes the other way, has them
/// when it needs them. The time is linear in the weights.
/// </para>
/// </remarks>
internal sealed class PixelAffineCode : ILayerCode
{
    private readonly int _channels;
    private readonly double[] _bias;
    private readonly GridScale[] _scales;
    private readonly bool[] _isNegative;
    private readonly double[] _lower;
    private readonly double[] _upper;
    private readonly int[] _permutation;
    private readonly bool _hasMatrix;

    internal PixelAffineCode(IBackend backend, in PixelAffineParameters parameters)
    {
        int channels = parameters.Channels;
        _channels = channels;
        double[] logScale = Read(backend, parameters.LogScale, channels);
        double[] logDiagonal = Read(backend, parameters.LogDiagonal, channels);
        double[] sign = Read(backend, parameters.Sign, channels);
        _bias = Array.ConvertAll(
            Read(backend, parameters.Bias, channels), b => PortableMath.Round(b * LocalCode.CellsPerUnit));
        _scales = [.. logScale.Zip(logDiagonal, (ls, ld) => GridScale.From(PortableMath.Exp(ls + ld)))];
        _isNegative = Array.ConvertAll(sign, s => s < 0);
        _lower = Read(backend, parameters.Lower, channels * channels);
        _upper = Read(backend, parameters.Upper, channels * channels);
        for (int i = 0; i < _upper.Length; i++)
        {
            _upper[i] *= PortableMath.Exp(logScale[i % channels]);
        }

        _permutation = parameters.Permutation.IsEmpty
            ? [.. Enumerable.Range(0, channels)]
            : Array.ConvertAll(Read(backend, parameters.Permutation, channels), row => (int)row);
        _hasMatrix = !parameters.Lower.IsEmpty;
    }

    public void Encode(ChainBatch batch, ImageShape input) => batch.ForEach((chain, _) =>
    {
        int pixels = input.PixelsPerImage;
        Span<double> all = chain.Planes(pixels, 0, _channels);
        for (int i = 0; i < _channels; i++)
        {
            LocalCode.Add(chain.Plane(pixels, i), _bias[i]);
        }

        for (int i = 0; i < _channels; i++)
        {
            Span<double> plane = chain.Plane(pixels, i);
            if (_isNegative[i])
            {
                LocalCode.Negate(plane);
            }

            LocalCode.Scale(chain.Stack, plane, chain.Scales(pixels, _scales[i]));
            if (_hasMatrix)
            {
                LocalCode.Add(plane, Sum(chain, pixels, _upper, i, i + 1, _channels));
            }
        }

        if (_hasMatrix)
        {
            for (int i = _channels - 1; i > 0; i--)
            {
                LocalCode.Add(chain.Plane(pixels, i), Sum(chain, pixels, _lower, i, 0, i));
            }

            Permute(all, pixels, isInverse: false);
        }

        LocalCode.RequireInRange(all);
    });

    public void Decode(ChainBatch batch, ImageShape input) => batch.ForEach((chain, _) =>
    {
        int pixels = input.PixelsPerImage;
        Span<double> all = chain.Planes(pixels, 0, _channels);
        if (_hasMatrix)
        {
            Permute(all, pixels, isInverse: true);
            for (int i = 1; i < _channels; i++)
            {
                LocalCode.Subtract(chain.Plane(pixels, i), Sum(chain, pixels, _lower, i, 0, i));
            }
        }

        for (int i = _channels - 1; i >= 0; i--)
        {
            Span<double> plane = chain.Plane(pixels, i);
            if (_hasMatrix)
            {
                LocalCode.Subtract(plane, Sum(chain, pixels, _upper, i, i + 1, _channels));
            }

            LocalCode.Unscale(chain.Stack, plane, chain.Scales(pixels, _scales[i]));
            if (_isNegative[i])
            {
                LocalCode.Negate(plane);
            }
        }

        for (int i = 0; i < _channels; i++)
        {
            LocalCode.Add(chain.Plane(pixels, i), -_bias[i]);
        }

        LocalCode.RequireInRange(all);
    });

    private static double[] Read(IBackend backend, BufferView view, int length)
    {
        double[] values = new double[length];
        if (!view.IsEmpty)
        {
            backend.Read(view, values);
        }

        return values;
    }

    /// <summary>Σ matrix[row, j] · x_j over some channels j, in whole cells.</summary>
    private ReadOnlySpan<double> Sum(Chain chain, int pixels, double[] matrix, int row, int first, int end)
    {
        Span<double> sum = chain.Shifts(pixels);
        sum.Clear();
        for (int j = first; j < end; j++)
        {
            LocalCode.AddScaled(sum, chain.Plane(pixels, j), matrix[(row * _channels) + j]);
        }

        LocalCode.Round(sum);
        return sum;
    }

    private void Permute(Span<double> cells, int pixels, bool isInverse)
    {
        ReadOnlySpan<double> source = cells.ToArray();
        for (int i = 0; i < _channels; i++)
        {
            (int from, int to) = isInverse ? (i, _permutation[i]) : (_permutation[i], i);
            source.Slice(from * pixels, pixels).CopyTo(cells[(to * pixels)..]);
        }
    }
}
