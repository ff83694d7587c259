namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    private sealed class PixelAffineMaps(ReferenceBackend<T> backend) : IPixelAffine
    {
        public void Assemble(in PixelAffineParameters parameters, in PixelAffineMap map, bool inverse)
        {
            int n = parameters.Channels;
            ArgumentOutOfRangeException.ThrowIfNotEqual(map.Channels, n, nameof(map));
            AffineFactors factors = Factors(parameters);
            double[] w = Weight(factors);
            double[] matrix = new double[n * n];
            double[] offset = new double[n];
            for (int r = 0; r < n; r++)
            {
                for (int c = 0; c < n; c++)
                {
                    matrix[(r * n) + c] = w[(r * n) + c] * factors.Scale[c];
                    offset[r] += matrix[(r * n) + c] * factors.Bias[c];
                }
            }

            Store(matrix, map.Matrix);
            Store(offset, map.Offset);
            Store([factors.LogScale.Sum() + factors.LogDiagonal.Sum()], map.LogDet);
            if (!inverse)
            {
                return;
            }

            Store(InverseMatrix(factors), map.InverseMatrix);
            double[] inverseOffset = new double[n];
            for (int c = 0; c < n; c++)
            {
                // M⁻¹ v = diag(1/e) W⁻¹ W (e · b) = b.
                inverseOffset[c] = -factors.Bias[c];
            }

            Store(inverseOffset, map.InverseOffset);
        }

        public void AssembleBackward(
            in PixelAffineParameters parameters,
            int pixelsPerImage,
            BufferView dMatrix,
            BufferView dOffset,
            BufferView dLogDet,
            in PixelAffineParameters gradients)
        {
            int n = parameters.Channels;
            AffineFactors factors = Factors(parameters);
            double[] w = Weight(factors);
            double[] dM = WideArray(dMatrix, n * n);
            double[] dv = WideArray(dOffset, n);
            double logDetTerm = pixelsPerImage * WideArray(dLogDet, checked((int)dLogDet.Length)).Sum();
            if (!parameters.LogScale.IsEmpty)
            {
                double[] dBias = new double[n];
                double[] dLogScale = new double[n];
                for (int c = 0; c < n; c++)
                {
                    double dScale = 0;
                    double transposed = 0;
                    for (int r = 0; r < n; r++)
                    {
                        dScale += w[(r * n) + c] * dM[(r * n) + c];
                        transposed += w[(r * n) + c] * dv[r];
                    }

                    dScale += factors.Bias[c] * transposed;
                    dBias[c] = factors.Scale[c] * transposed;
                    dLogScale[c] = (factors.Scale[c] * dScale) + logDetTerm;
                }

                AddAll(dBias, Elements(gradients.Bias, n));
                AddAll(dLogScale, Elements(gradients.LogScale, n));
            }

            if (!parameters.Lower.IsEmpty)
            {
                // A = Permᵀ dW with dW = dM diag(e) + dv (e·b)ᵀ.
                double[] a = new double[n * n];
                for (int r = 0; r < n; r++)
                {
                    for (int c = 0; c < n; c++)
                    {
                        a[(factors.Permutation[r] * n) + c] =
                            (dM[(r * n) + c] + (dv[r] * factors.Bias[c])) * factors.Scale[c];
                    }
                }

                AddFactorGradients(factors, a, logDetTerm, gradients);
            }
        }

        public IRecording AssembleAll(IReadOnlyList<PixelAffineAssembly> assemblies, bool inverse) =>
            backend.Record(() =>
            {
                foreach (PixelAffineAssembly assembly in assemblies)
                {
                    Assemble(assembly.Parameters, assembly.Map, inverse);
                }
            });

        public IRecording AssembleAllBackward(
            IReadOnlyList<PixelAffineAssembly> assemblies, BufferView dLogDet) => backend.Record(() =>
            {
                foreach (PixelAffineAssembly assembly in assemblies)
                {
                    AssembleBackward(
                        assembly.Parameters,
                        assembly.PixelsPerImage,
                        assembly.DMatrix,
                        assembly.DOffset,
                        dLogDet,
                        assembly.Gradients);
                }
            });

        public void Forward(ImageShape shape, in PixelAffineMap map, BufferView x, BufferView y, BufferView logDet)
        {
            using DeviceBuffer? squeezed = map.Squeezes ? Squeezed(shape, x) : null;
            MapPixels(shape, map.Matrix, map.Offset, squeezed?.View ?? x, y);
            if (!logDet.IsEmpty)
            {
                Span<T> logDets = Elements(logDet, shape.Batch);
                double logDetPerPixel = Wide(Elements(map.LogDet, 1)[0]);
                for (int b = 0; b < shape.Batch; b++)
                {
                    Add(ref logDets[b], shape.PixelsPerImage * logDetPerPixel);
                }
            }
        }

        public void Inverse(ImageShape shape, in PixelAffineMap map, BufferView y, BufferView x)
        {
            using DeviceBuffer? squeezed = map.Squeezes ? backend.Allocate(shape.Length) : null;
            MapPixels(shape, map.InverseMatrix, map.InverseOffset, y, squeezed?.View ?? x);
            if (squeezed is not null)
            {
                backend.SqueezeInverse(shape.BeforeSqueeze(), squeezed.View, x);
            }
        }

        public long WorkspaceLength(ImageShape shape) => 0;

        public void Backward(
            ImageShape shape,
            in PixelAffineMap map,
            BufferView x,
            BufferView dy,
            BufferView dx,
            BufferView dMatrix,
            BufferView dOffset,
            BufferView workspace)
        {
            using DeviceBuffer? squeezed = map.Squeezes ? Squeezed(shape, x) : null;
            using DeviceBuffer? squeezedGradient = map.Squeezes ? backend.Allocate(shape.Length) : null;
            int n = shape.Channels;
            double[] matrix = WideArray(map.Matrix, n * n);
            Span<T> input = Elements(squeezed?.View ?? x, shape.Length);
            Span<T> gradient = Elements(dy, shape.Length);
            Span<T> inputGradient = Elements(squeezedGradient?.View ?? dx, shape.Length);
            double[] matrixGradient = new double[n * n];
            double[] offsetGradient = new double[n];
            double[] pixel = new double[n];
            for (int p = 0; p < shape.Pixels; p++)
            {
                Array.Clear(pixel);
                for (int r = 0; r < n; r++)
                {
                    double dyValue = Wide(gradient[(p * n) + r]);
                    offsetGradient[r] += dyValue;
                    for (int c = 0; c < n; c++)
                    {
                        matrixGradient[(r * n) + c] += dyValue * Wide(input[(p * n) + c]);
                        pixel[c] += matrix[(r * n) + c] * dyValue;
                    }
                }

                for (int c = 0; c < n; c++)
                {
                    inputGradient[(p * n) + c] = Round(pixel[c]);
                }
            }

            if (squeezedGradient is not null)
            {
                backend.SqueezeInverse(shape.BeforeSqueeze(), squeezedGradient.View, dx);
            }

            Store(matrixGradient, dMatrix);
            Store(offsetGradient, dOffset);
        }

        private DeviceBuffer Squeezed(ImageShape shape, BufferView x)
        {
            DeviceBuffer squeezed = backend.Allocate(shape.Length);
            backend.SqueezeForward(shape.BeforeSqueeze(), x, squeezed.View);
            return squeezed;
        }

        private static void MapPixels(
            ImageShape shape, BufferView matrix, BufferView offset, BufferView from, BufferView to)
        {
            int n = shape.Channels;
            double[] rows = WideArray(matrix, n * n);
            double[] constants = WideArray(offset, n);
            Span<T> source = Elements(from, shape.Length);
            Span<T> destination = Elements(to, shape.Length);
            double[] pixel = new double[n];
            for (int p = 0; p < shape.Pixels; p++)
            {
                for (int r = 0; r < n; r++)
                {
                    pixel[r] = constants[r];
                    for (int c = 0; c < n; c++)
                    {
                        pixel[r] += rows[(r * n) + c] * Wide(source[(p * n) + c]);
                    }
                }

                // Only now: the destination may be the source.
                for (int r = 0; r < n; r++)
                {
                    destination[(p * n) + r] = Round(pixel[r]);
                }
            }
        }

        // The parameters in float64, an absent ActNorm as e = 1 and b = 0, an absent convolution as L = U = 0 and s = 1.
        private static AffineFactors Factors(in PixelAffineParameters parameters)
        {
            int n = parameters.Channels;
            bool actNorm = !parameters.LogScale.IsEmpty;
            bool convolution = !parameters.Lower.IsEmpty;
            double[] bias = actNorm ? WideArray(parameters.Bias, n) : new double[n];
            double[] logScale = actNorm ? WideArray(parameters.LogScale, n) : new double[n];
            double[] logDiagonal = convolution ? WideArray(parameters.LogDiagonal, n) : new double[n];
            double[] lower = convolution ? WideArray(parameters.Lower, n * n) : new double[n * n];
            double[] upper = convolution ? WideArray(parameters.Upper, n * n) : new double[n * n];
            int[] permutation = new int[n];
            double[] diagonal = new double[n];
            for (int r = 0; r < n; r++)
            {
                permutation[r] = convolution ? (int)Wide(Elements(parameters.Permutation, n)[r]) : r;
                diagonal[r] = (convolution ? Wide(Elements(parameters.Sign, n)[r]) : 1) * Math.Exp(logDiagonal[r]);
                for (int c = 0; c < n; c++)
                {
                    // What lies outside the strict triangles is not part of L and U.
                    lower[(r * n) + c] = c < r ? lower[(r * n) + c] : c == r ? 1 : 0;
                    upper[(r * n) + c] = c > r ? upper[(r * n) + c] : c == r ? diagonal[r] : 0;
                }
            }

            return new AffineFactors(
                n, bias, logScale, [.. logScale.Select(Math.Exp)], lower, upper, logDiagonal, diagonal, permutation);
        }

        // W = Perm (L + I)(U + diag(s)).
        private static double[] Weight(AffineFactors factors)
        {
            int n = factors.Channels;
            double[] w = new double[n * n];
            for (int r = 0; r < n; r++)
            {
                for (int c = 0; c < n; c++)
                {
                    for (int k = 0; k < n; k++)
                    {
                        w[(r * n) + c] += factors.Lower[(factors.Permutation[r] * n) + k] * factors.Upper[(k * n) + c];
                    }
                }
            }

            return w;
        }

        // M⁻¹ = diag(1/e) (U + diag(s))⁻¹ (L + I)⁻¹ Permᵀ, one column at a time.
        private static double[] InverseMatrix(AffineFactors factors)
        {
            int n = factors.Channels;
            double[] inverse = new double[n * n];
            double[] column = new double[n];
            for (int k = 0; k < n; k++)
            {
                Array.Clear(column);
                column[factors.Permutation[k]] = 1;
                for (int r = 0; r < n; r++)
                {
                    for (int c = 0; c < r; c++)
                    {
                        column[r] -= factors.Lower[(r * n) + c] * column[c];
                    }
                }

                for (int r = n - 1; r >= 0; r--)
                {
                    for (int c = r + 1; c < n; c++)
                    {
                        column[r] -= factors.Upper[(r * n) + c] * column[c];
                    }

                    column[r] /= factors.Diagonal[r];
                }

                for (int r = 0; r < n; r++)
                {
                    inverse[(r * n) + k] = column[r] / factors.Scale[r];
                }
            }

            return inverse;
        }

        // dL += tril(A U'ᵀ, -1);  T = (L + I)ᵀ A;  dU += triu(T, 1);  dlogDiagonal += diag(T) s + P Σ dLogDet.
        private static void AddFactorGradients(
            AffineFactors factors, double[] a, double logDetTerm, in PixelAffineParameters gradients)
        {
            int n = factors.Channels;
            Span<T> dLower = Elements(gradients.Lower, n * n);
            Span<T> dUpper = Elements(gradients.Upper, n * n);
            Span<T> dLogDiagonal = Elements(gradients.LogDiagonal, n);
            for (int r = 0; r < n; r++)
            {
                for (int c = 0; c < n; c++)
                {
                    double lower = 0;
                    double t = 0;
                    for (int k = 0; k < n; k++)
                    {
                        lower += a[(r * n) + k] * factors.Upper[(c * n) + k];
                        t += factors.Lower[(k * n) + r] * a[(k * n) + c];
                    }

                    if (c < r)
                    {
                        Add(ref dLower[(r * n) + c], lower);
                    }
                    else if (c > r)
                    {
                        Add(ref dUpper[(r * n) + c], t);
                    }
                    else
                    {
                        Add(ref dLogDiagonal[r], (t * factors.Diagonal[r]) + logDetTerm);
                    }
                }
            }
        }

        // Lower holds L + I and Upper holds U + diag(s).
        private sealed record AffineFactors(
            int Channels,
            double[] Bias,
            double[] LogScale,
            double[] Scale,
            double[] Lower,
            double[] Upper,
            double[] LogDiagonal,
            double[] Diagonal,
            int[] Permutation);
    }
}
