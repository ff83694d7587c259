using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>The C-by-C algebra of one affine map, in float64: <see cref="IPixelAffine.Assemble"/>.</summary>
/// <remarks>
/// Products and solves go row by row, row += factor · row, each element in increasing order of the summed index, so
/// vectors change nothing. A third of a map's C³ is zero and is skipped.
/// </remarks>
internal unsafe ref struct AffineAssembly
{
    private readonly PixelAffineParameters _parameters;
    private readonly int _channels;
    private readonly float* _lower;
    private readonly float* _upper;
    private readonly float* _permutation;
    private readonly float* _bias;

    // e = exp(ls), 1/e, s = sign · exp(logDiagonal): C each. Then A = (L + I)(U + diag(s)), and room for one
    // more matrix or two vectors.
    private readonly double* _scale;
    private readonly double* _inverseScale;
    private readonly double* _diagonal;
    private readonly double* _product;
    private readonly double* _square;

    /// <summary>Reads the parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="scratch"><see cref="ScratchLength"/> elements.</param>
    public AffineAssembly(in PixelAffineParameters parameters, double* scratch)
    {
        _parameters = parameters;
        _channels = parameters.Channels;
        long square = (long)_channels * _channels;
        _scale = scratch;
        _inverseScale = _scale + _channels;
        _diagonal = _inverseScale + _channels;
        _product = _diagonal + _channels;
        _square = _product + square;
        if (HasActNorm)
        {
            _bias = CpuBackend.Pointer(parameters.Bias, _channels);
            float* logScale = CpuBackend.Pointer(parameters.LogScale, _channels);
            for (int c = 0; c < _channels; c++)
            {
                LogDet += logScale[c];
                _scale[c] = SimdMath.Exp((double)logScale[c]);
                _inverseScale[c] = SimdMath.Exp(-(double)logScale[c]);
            }
        }
        else
        {
            new Span<double>(_scale, 2 * _channels).Fill(1);
        }

        if (HasConvolution)
        {
            _lower = CpuBackend.Pointer(parameters.Lower, square);
            _upper = CpuBackend.Pointer(parameters.Upper, square);
            _permutation = CpuBackend.Pointer(parameters.Permutation, _channels);
            float* logDiagonal = CpuBackend.Pointer(parameters.LogDiagonal, _channels);
            float* sign = CpuBackend.Pointer(parameters.Sign, _channels);
            for (int c = 0; c < _channels; c++)
            {
                LogDet += logDiagonal[c];
                _diagonal[c] = sign[c] * SimdMath.Exp((double)logDiagonal[c]);
            }

            Multiply();
        }
    }

    /// <summary>ln |det M|.</summary>
    public double LogDet { get; }

    private readonly bool HasActNorm => !_parameters.Bias.IsEmpty;

    private readonly bool HasConvolution => !_parameters.Lower.IsEmpty;

    /// <summary>The scratch of an assembly, in elements.</summary>
    public static long ScratchLength(int channels) => channels * ((2L * channels) + 5);

    /// <summary>M = W diag(e), v = W (e · b).</summary>
    public readonly void WriteMap(float* matrix, float* offset)
    {
        for (int r = 0; r < _channels; r++)
        {
            float* row = matrix + ((long)r * _channels);
            double sum = 0;
            if (HasConvolution)
            {
                double* w = _product + ((long)_permutation[r] * _channels);
                for (int c = 0; c < _channels; c++)
                {
                    double m = w[c] * _scale[c];
                    row[c] = (float)m;
                    sum = Math.FusedMultiplyAdd(m, Bias(c), sum);
                }
            }
            else
            {
                new Span<float>(row, _channels).Clear();
                row[r] = (float)_scale[r];
                sum = _scale[r] * Bias(r);
            }

            offset[r] = (float)sum;
        }
    }

    /// <summary>M⁻¹ = diag(1/e) W⁻¹ and -M⁻¹ v, which is -b.</summary>
    public readonly void WriteInverse(float* matrix, float* offset)
    {
        long square = (long)_channels * _channels;
        if (HasConvolution)
        {
            Solve();
        }

        new Span<float>(matrix, checked((int)square)).Clear();
        for (int r = 0; r < _channels; r++)
        {
            float* row = matrix + ((long)r * _channels);
            if (HasConvolution)
            {
                double* solution = _square + ((long)r * _channels);
                for (int c = 0; c < _channels; c++)
                {
                    row[c] = (float)(solution[c] * _inverseScale[r]);
                }
            }
            else
            {
                row[r] = (float)_inverseScale[r];
            }

            offset[r] = -Bias(r);
        }
    }

    /// <summary>Adds the parameters' gradients.</summary>
    /// <param name="dMatrix">dM.</param>
    /// <param name="dOffset">dv.</param>
    /// <param name="dLogDet">P Σ_b dLogDet.</param>
    /// <param name="gradients">Added to.</param>
    public readonly void Backward(
        float* dMatrix, float* dOffset, double dLogDet, in PixelAffineParameters gradients)
    {
        if (HasActNorm)
        {
            ActNormBackward(dMatrix, dOffset, dLogDet, gradients);
        }

        if (HasConvolution)
        {
            ConvolutionBackward(dMatrix, dOffset, dLogDet, gradients);
        }
    }

    private readonly void ActNormBackward(
        float* dMatrix, float* dOffset, double dLogDet, in PixelAffineParameters gradients)
    {
        float* dBias = CpuBackend.Pointer(gradients.Bias, _channels);
        float* dLogScale = CpuBackend.Pointer(gradients.LogScale, _channels);

        // Per column c: Σ_r W_rc dM_rc and Σ_r W_rc dv_r.
        double* dScale = _square;
        double* pulled = _square + _channels;
        new Span<double>(dScale, 2 * _channels).Clear();
        for (int r = 0; r < _channels; r++)
        {
            float* dm = dMatrix + ((long)r * _channels);
            if (HasConvolution)
            {
                double* w = _product + ((long)_permutation[r] * _channels);
                for (int c = 0; c < _channels; c++)
                {
                    dScale[c] = Math.FusedMultiplyAdd(w[c], dm[c], dScale[c]);
                    pulled[c] = Math.FusedMultiplyAdd(w[c], dOffset[r], pulled[c]);
                }
            }
            else
            {
                dScale[r] = dm[r];
                pulled[r] = dOffset[r];
            }
        }

        for (int c = 0; c < _channels; c++)
        {
            double de = Math.FusedMultiplyAdd(Bias(c), pulled[c], dScale[c]);
            dBias[c] = (float)(dBias[c] + (_scale[c] * pulled[c]));
            dLogScale[c] = (float)(dLogScale[c] + (Math.FusedMultiplyAdd(_scale[c], de, dLogDet)));
        }
    }

    private readonly void ConvolutionBackward(
        float* dMatrix, float* dOffset, double dLogDet, in PixelAffineParameters gradients)
    {
        int channels = _channels;
        long square = (long)channels * channels;
        float* dLower = CpuBackend.Pointer(gradients.Lower, square);
        float* dUpper = CpuBackend.Pointer(gradients.Upper, square);
        float* dLogDiagonal = CpuBackend.Pointer(gradients.LogDiagonal, channels);

        // A's gradient: the rows of dW = dM diag(e) + dv (e·b)ᵀ in their order before the permutation.
        for (int r = 0; r < channels; r++)
        {
            float* dm = dMatrix + ((long)r * channels);
            double* row = _square + ((long)_permutation[r] * channels);
            for (int c = 0; c < channels; c++)
            {
                row[c] = _scale[c] * Math.FusedMultiplyAdd(dOffset[r], (double)Bias(c), dm[c]);
            }
        }

        // dL = tril(dA U'ᵀ, -1). The product A is not needed again; its first row holds a row of U'.
        double* upper = _product;
        for (int k = 0; k < channels; k++)
        {
            CopyUpperRow(k, upper);
            for (int r = k + 1; r < channels; r++)
            {
                double* row = _square + ((long)r * channels);
                long at = ((long)r * channels) + k;
                dLower[at] = (float)(dLower[at] + Dot(row + k, upper + k, channels - k));
            }
        }

        // T = (L + I)ᵀ dA, row r from its diagonal on; row r needs the rows below it unchanged, so from the top.
        for (int r = 0; r < channels; r++)
        {
            double* row = _square + ((long)r * channels);
            for (int k = r + 1; k < channels; k++)
            {
                AddScaled(_lower[((long)k * channels) + r], _square + ((long)k * channels) + r, row + r, channels - r);
            }

            dLogDiagonal[r] = (float)(dLogDiagonal[r] + Math.FusedMultiplyAdd(row[r], _diagonal[r], dLogDet));
            for (int c = r + 1; c < channels; c++)
            {
                long at = ((long)r * channels) + c;
                dUpper[at] = (float)(dUpper[at] + row[c]);
            }
        }
    }

    // A = (L + I)(U + diag(s)).
    private readonly void Multiply()
    {
        for (int r = 0; r < _channels; r++)
        {
            CopyUpperRow(r, _product + ((long)r * _channels));
        }

        // From the bottom, since row r needs the rows of U' above it.
        for (int r = _channels - 1; r >= 0; r--)
        {
            double* row = _product + ((long)r * _channels);
            for (int k = 0; k < r; k++)
            {
                AddScaled(
                    _lower[((long)r * _channels) + k], _product + ((long)k * _channels) + k, row + k, _channels - k);
            }
        }
    }

    // W⁻¹ into the second square: (L + I)(U + diag(s)) X = Permᵀ.
    private readonly void Solve()
    {
        int channels = _channels;
        new Span<double>(_square, checked(channels * channels)).Clear();
        for (int c = 0; c < channels; c++)
        {
            _square[((long)_permutation[c] * channels) + c] = 1;
        }

        for (int r = 0; r < channels; r++)
        {
            double* row = _square + ((long)r * channels);
            for (int k = 0; k < r; k++)
            {
                AddScaled(-_lower[((long)r * channels) + k], _square + ((long)k * channels), row, channels);
            }
        }

        for (int r = channels - 1; r >= 0; r--)
        {
            double* row = _square + ((long)r * channels);
            for (int k = r + 1; k < channels; k++)
            {
                AddScaled(-_upper[((long)r * channels) + k], _square + ((long)k * channels), row, channels);
            }

            for (int c = 0; c < channels; c++)
            {
                row[c] /= _diagonal[r];
            }
        }
    }

    private readonly float Bias(int channel) => HasActNorm ? _bias[channel] : 0;

    private readonly void CopyUpperRow(int r, double* row)
    {
        new Span<double>(row, r).Clear();
        row[r] = _diagonal[r];
        for (int c = r + 1; c < _channels; c++)
        {
            row[c] = _upper[((long)r * _channels) + c];
        }
    }

    private static void AddScaled(double factor, double* source, double* destination, int count)
    {
        Vector512<double> factors = Vector512.Create(factor);
        int i = 0;
        for (; i + Vector512<double>.Count <= count; i += Vector512<double>.Count)
        {
            Vector512.FusedMultiplyAdd(factors, Vector512.Load(source + i), Vector512.Load(destination + i))
                .Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = Math.FusedMultiplyAdd(factor, source[i], destination[i]);
        }
    }

    // Eight lanes, then the rest one by one.
    private static double Dot(double* a, double* b, int count)
    {
        Vector512<double> sums = Vector512<double>.Zero;
        int i = 0;
        for (; i + Vector512<double>.Count <= count; i += Vector512<double>.Count)
        {
            sums = Vector512.FusedMultiplyAdd(Vector512.Load(a + i), Vector512.Load(b + i), sums);
        }

        Vector256<double> four = sums.GetLower() + sums.GetUpper();
        Vector128<double> two = four.GetLower() + four.GetUpper();
        double sum = two.ToScalar() + two.GetElement(1);
        for (; i < count; i++)
        {
            sum = Math.FusedMultiplyAdd(a[i], b[i], sum);
        }

        return sum;
    }
}
