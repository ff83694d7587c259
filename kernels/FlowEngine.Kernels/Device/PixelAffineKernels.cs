namespace FlowEngine.Kernels.Device;

/// <summary>The affine map of a pixel: applied, differentiated, assembled.</summary>
internal static partial class PixelAffineKernels
{
    /// <summary>The pixels of a group where the map is applied.</summary>
    public const int PixelsPerTile = 32;

    /// <summary>The pixels of a group where gradients are summed.</summary>
    public const int PixelsPerPart = 512;

    private const int BlockSize = 256;

    /// <summary>What parts a map has, and how big it is.</summary>
    /// <param name="Channels">C.</param>
    /// <param name="ActNorm">1 if it has an ActNorm.</param>
    /// <param name="Convolution">1 if it has a 1x1 convolution.</param>
    /// <param name="Inverse">1 if the inverse is asked for.</param>
    public readonly record struct Parts(int Channels, int ActNorm, int Convolution, int Inverse);

    // The numbers of a map in the table of many maps: where its parts begin in their buffers, and P.
    private const int BiasEntry = 0;
    private const int LogScaleEntry = 1;
    private const int LowerEntry = 2;
    private const int UpperEntry = 3;
    private const int LogDiagonalEntry = 4;
    private const int SignEntry = 5;
    private const int PermutationEntry = 6;
    private const int MapEntry = 7;
    private const int DMatrixEntry = 8;
    private const int DOffsetEntry = 9;
    private const int DBiasEntry = 10;
    private const int DLogScaleEntry = 11;
    private const int DLowerEntry = 12;
    private const int DUpperEntry = 13;
    private const int DLogDiagonalEntry = 14;
    private const int PixelsEntry = 15;

    /// <summary>The numbers of a map in the table of many maps.</summary>
    public const int TableRow = 16;

    // y[p, r] = Σ_c matrix[r · rowStride + c · columnStride] x[p, c] + offset[r]: Mᵀ by strides (1, C). The tile of x is in
    // shared memory before y is written, so they may be the same. A width that is not 0 is that of pixels which are read,
    // or written, as they are before a squeeze.
    [Kernel(BlockSize)]
    private static void Apply(
        ReadOnlyGlobalView<float> matrix,
        ReadOnlyGlobalView<float> offset,
        [MayAlias] ReadOnlyGlobalView<float> x,
        [MayAlias] GlobalView<float> y,
        long pixels,
        int channels,
        int rowStride,
        int columnStride,
        int useOffset,
        int xWidth,
        int yWidth)
    {
        SharedView<float> tile = SharedMemory.GetDynamic<float>();
        int first = Grid.IdxX * PixelsPerTile;
        int count = (int)XMath.Min(PixelsPerTile, pixels - ((long)Grid.IdxX * PixelsPerTile)) * channels;
        for (int i = Group.IdxX; i < count; i += BlockSize)
        {
            tile[i] = x[SqueezeKernels.Place(first, i, channels, xWidth)];
        }

        Group.Barrier();
        for (int i = Group.IdxX; i < count; i += BlockSize)
        {
            int row = i % channels;
            SharedView<float> pixel = tile.Slice(i - row);
            float sum = useOffset != 0 ? offset[row] : 0.0f;
            for (int c = 0; c < channels; c++)
            {
                sum = XMath.Fma(matrix[(row * rowStride) + (c * columnStride)], pixel[c], sum);
            }

            y[SqueezeKernels.Place(first, i, channels, yWidth)] = sum;
        }
    }

    // parts[group, r, c] = Σ dy[p, r] x[p, c] over the group's pixels, and after these parts[group, C, r] = Σ dy[p, r].
    // A width that is not 0: x is as it is before a squeeze.
    [Kernel(BlockSize)]
    private static void GradientOfParts(
        ReadOnlyGlobalView<float> x,
        ReadOnlyGlobalView<float> dy,
        GlobalView<float> parts,
        int pixels,
        int channels,
        int width)
    {
        int start = Grid.IdxX * PixelsPerPart;
        int end = XMath.Min(start + PixelsPerPart, pixels);
        int squares = channels * channels;
        long place = (long)Grid.IdxX * (squares + channels);
        for (int i = Group.IdxX; i < squares + channels; i += BlockSize)
        {
            int row = i < squares ? i / channels : i - squares;
            int column = i % channels;
            float sum = 0.0f;
            for (int p = start; p < end; p++)
            {
                float gradient = dy[((long)p * channels) + row];
                sum = i < squares
                    ? XMath.Fma(gradient, x[SqueezeKernels.Place(p, column, channels, width)], sum)
                    : sum + gradient;
            }

            parts[place + i] = sum;
        }
    }

    // A group for each map of a table.
    [Kernel(BlockSize)]
    private static void AssembleAll(
        ReadOnlyGlobalView<float> weights,
        ReadOnlyGlobalView<float> constants,
        ReadOnlyGlobalView<long> table,
        GlobalView<float> maps,
        GlobalView<double> scratch,
        Parts parts)
    {
        ReadOnlyGlobalView<long> row = table.Slice(Grid.IdxX * TableRow);
        AssembleMap(
            weights.Slice(row[BiasEntry]),
            weights.Slice(row[LogScaleEntry]),
            weights.Slice(row[LowerEntry]),
            weights.Slice(row[UpperEntry]),
            weights.Slice(row[LogDiagonalEntry]),
            constants.Slice(row[SignEntry]),
            constants.Slice(row[PermutationEntry]),
            maps.Slice(row[MapEntry]),
            scratch.Slice((long)Grid.IdxX * 2 * parts.Channels * parts.Channels),
            parts);
    }

    // A group for each map of a table.
    [Kernel(BlockSize)]
    private static void AssembleAllBackward(
        ReadOnlyGlobalView<float> weights,
        ReadOnlyGlobalView<float> constants,
        ReadOnlyGlobalView<long> table,
        ReadOnlyGlobalView<float> dMaps,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> gradients,
        GlobalView<double> scratch,
        Parts parts,
        int batch)
    {
        ReadOnlyGlobalView<long> row = table.Slice(Grid.IdxX * TableRow);
        AssembleMapBackward(
            weights.Slice(row[BiasEntry]),
            weights.Slice(row[LogScaleEntry]),
            weights.Slice(row[LowerEntry]),
            weights.Slice(row[UpperEntry]),
            weights.Slice(row[LogDiagonalEntry]),
            constants.Slice(row[SignEntry]),
            constants.Slice(row[PermutationEntry]),
            dMaps.Slice(row[DMatrixEntry]),
            dMaps.Slice(row[DOffsetEntry]),
            dLogDet,
            gradients.Slice(row[DBiasEntry]),
            gradients.Slice(row[DLogScaleEntry]),
            gradients.Slice(row[DLowerEntry]),
            gradients.Slice(row[DUpperEntry]),
            gradients.Slice(row[DLogDiagonalEntry]),
            scratch.Slice((long)Grid.IdxX * 2 * parts.Channels * parts.Channels),
            parts,
            batch,
            (int)row[PixelsEntry]);
    }

    // One map, by one group.
    [Kernel(BlockSize)]
    private static void Assemble(
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> logScale,
        ReadOnlyGlobalView<float> lower,
        ReadOnlyGlobalView<float> upper,
        ReadOnlyGlobalView<float> logDiagonal,
        ReadOnlyGlobalView<float> sign,
        ReadOnlyGlobalView<float> permutation,
        GlobalView<float> map,
        GlobalView<double> scratch,
        Parts parts) =>
        AssembleMap(bias, logScale, lower, upper, logDiagonal, sign, permutation, map, scratch, parts);

    // One map, by one group.
    [Kernel(BlockSize)]
    private static void AssembleBackward(
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> logScale,
        ReadOnlyGlobalView<float> lower,
        ReadOnlyGlobalView<float> upper,
        ReadOnlyGlobalView<float> logDiagonal,
        ReadOnlyGlobalView<float> sign,
        ReadOnlyGlobalView<float> permutation,
        ReadOnlyGlobalView<float> dMatrix,
        ReadOnlyGlobalView<float> dOffset,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> dBias,
        GlobalView<float> dLogScale,
        GlobalView<float> dLower,
        GlobalView<float> dUpper,
        GlobalView<float> dLogDiagonal,
        GlobalView<double> scratch,
        Parts parts,
        int batch,
        int pixelsPerImage) =>
        AssembleMapBackward(
            bias,
            logScale,
            lower,
            upper,
            logDiagonal,
            sign,
            permutation,
            dMatrix,
            dOffset,
            dLogDet,
            dBias,
            dLogScale,
            dLower,
            dUpper,
            dLogDiagonal,
            scratch,
            parts,
            batch,
            pixelsPerImage);

    // M, v and ln |det M|; and M⁻¹, -b if asked for. Scratch holds W and a column of the inverse per thread.
    private static void AssembleMap(
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> logScale,
        ReadOnlyGlobalView<float> lower,
        ReadOnlyGlobalView<float> upper,
        ReadOnlyGlobalView<float> logDiagonal,
        ReadOnlyGlobalView<float> sign,
        ReadOnlyGlobalView<float> permutation,
        GlobalView<float> map,
        GlobalView<double> scratch,
        Parts parts)
    {
        int n = parts.Channels;
        GlobalView<double> w = scratch;
        GlobalView<double> columns = scratch.Slice(n * n);
        GlobalView<float> inverse = map.Slice((n * n) + n);
        for (int i = Group.IdxX; i < n * n; i += BlockSize)
        {
            int row = i / n;
            int column = i % n;
            double weight = Weight(lower, upper, logDiagonal, sign, permutation, row, column, parts);
            w[i] = weight;
            map[i] = (float)(weight * Scale(logScale, column, parts));
        }

        Group.Barrier();
        for (int row = Group.IdxX; row < n; row += BlockSize)
        {
            double sum = 0.0;
            for (int c = 0; c < n && parts.ActNorm != 0; c++)
            {
                sum += w[(row * n) + c] * Scale(logScale, c, parts) * (double)bias[c];
            }

            map[(n * n) + row] = (float)sum;
            inverse[(n * n) + row] = parts.ActNorm != 0 ? -bias[row] : 0.0f;
        }

        // Column j of M⁻¹ = diag(1/e) U'⁻¹ (L + I)⁻¹ Permᵀ: a unit vector through two triangular systems.
        for (int j = Group.IdxX; j < n && parts.Inverse != 0; j += BlockSize)
        {
            int one = parts.Convolution != 0 ? (int)permutation[j] : j;
            for (int i = 0; i < n; i++)
            {
                double sum = i == one ? 1.0 : 0.0;
                for (int k = 0; k < i && parts.Convolution != 0; k++)
                {
                    sum -= (double)lower[(i * n) + k] * columns[(k * n) + j];
                }

                columns[(i * n) + j] = sum;
            }

            for (int i = n - 1; i >= 0; i--)
            {
                double sum = columns[(i * n) + j];
                for (int k = i + 1; k < n && parts.Convolution != 0; k++)
                {
                    sum -= (double)upper[(i * n) + k] * columns[(k * n) + j];
                }

                double solved = sum / Diagonal(logDiagonal, sign, i, parts);
                int at = (i * n) + j + Loop.Opaque(0);
                columns[at] = solved;
                inverse[at] = (float)(solved / Scale(logScale, i, parts));
            }
        }

        if (Group.IdxX == 0)
        {
            double logDet = 0.0;
            for (int c = 0; c < n; c++)
            {
                logDet += (parts.ActNorm != 0 ? (double)logScale[c] : 0.0)
                    + (parts.Convolution != 0 ? (double)logDiagonal[c] : 0.0);
            }

            map[2 * ((n * n) + n)] = (float)logDet;
        }
    }

    // The chain rule from dM, dv to the parameters, all added to. Scratch holds W and A = Permᵀ dW.
    private static void AssembleMapBackward(
        ReadOnlyGlobalView<float> bias,
        ReadOnlyGlobalView<float> logScale,
        ReadOnlyGlobalView<float> lower,
        ReadOnlyGlobalView<float> upper,
        ReadOnlyGlobalView<float> logDiagonal,
        ReadOnlyGlobalView<float> sign,
        ReadOnlyGlobalView<float> permutation,
        ReadOnlyGlobalView<float> dMatrix,
        ReadOnlyGlobalView<float> dOffset,
        ReadOnlyGlobalView<float> dLogDet,
        GlobalView<float> dBias,
        GlobalView<float> dLogScale,
        GlobalView<float> dLower,
        GlobalView<float> dUpper,
        GlobalView<float> dLogDiagonal,
        GlobalView<double> scratch,
        Parts parts,
        int batch,
        int pixelsPerImage)
    {
        int n = parts.Channels;
        GlobalView<double> w = scratch;
        GlobalView<double> a = scratch.Slice(n * n);
        double logDetTerm = 0.0;
        for (int b = 0; b < batch; b++)
        {
            logDetTerm += (double)dLogDet[b];
        }

        logDetTerm *= (double)pixelsPerImage;
        for (int i = Group.IdxX; i < n * n; i += BlockSize)
        {
            int row = i / n;
            int column = i % n;
            double shift = parts.ActNorm != 0 ? (double)bias[column] : 0.0;
            int to = parts.Convolution != 0 ? (int)permutation[row] : row;
            w[i] = Weight(lower, upper, logDiagonal, sign, permutation, row, column, parts);
            a[(to * n) + column] =
                ((double)dMatrix[i] + ((double)dOffset[row] * shift)) * Scale(logScale, column, parts);
        }

        Group.Barrier();
        for (int c = Group.IdxX; c < n && parts.ActNorm != 0; c += BlockSize)
        {
            double dScale = 0.0;
            double transposed = 0.0;
            for (int row = 0; row < n; row++)
            {
                dScale += w[(row * n) + c] * (double)dMatrix[(row * n) + c];
                transposed += w[(row * n) + c] * (double)dOffset[row];
            }

            double scale = Scale(logScale, c, parts);
            dScale += (double)bias[c] * transposed;
            dBias[c] = (float)((double)dBias[c] + (scale * transposed));
            dLogScale[c] = (float)((double)dLogScale[c] + (scale * dScale) + logDetTerm);
        }

        // dL = tril(A U'ᵀ, -1); T = (L + I)ᵀ A; dU = triu(T, 1); dlogDiagonal = diag(T) · s + the LogDet's term.
        for (int i = Group.IdxX; i < n * n && parts.Convolution != 0; i += BlockSize)
        {
            int row = i / n;
            int column = i % n;
            if (row > column)
            {
                double sum = a[(row * n) + column] * Diagonal(logDiagonal, sign, column, parts);
                for (int k = column + 1; k < n; k++)
                {
                    sum += a[(row * n) + k] * (double)upper[(column * n) + k];
                }

                dLower[i] = (float)((double)dLower[i] + sum);
            }
            else
            {
                double sum = a[i];
                for (int k = row + 1; k < n; k++)
                {
                    sum += (double)lower[(k * n) + row] * a[(k * n) + column];
                }

                if (row < column)
                {
                    dUpper[i] = (float)((double)dUpper[i] + sum);
                }
                else
                {
                    double term = sum * Diagonal(logDiagonal, sign, row, parts);
                    dLogDiagonal[row] = (float)((double)dLogDiagonal[row] + term + logDetTerm);
                }
            }
        }
    }

    // An element of W = Perm (L + I)(U + diag(s)), or of I.
    private static double Weight(
        ReadOnlyGlobalView<float> lower,
        ReadOnlyGlobalView<float> upper,
        ReadOnlyGlobalView<float> logDiagonal,
        ReadOnlyGlobalView<float> sign,
        ReadOnlyGlobalView<float> permutation,
        int row,
        int column,
        Parts parts)
    {
        int n = parts.Channels;
        double sum = row == column ? 1.0 : 0.0;
        if (parts.Convolution != 0)
        {
            int from = (int)permutation[row];
            sum = 0.0;
            for (int k = 0; k <= from && k <= column; k++)
            {
                double left = k == from ? 1.0 : (double)lower[(from * n) + k];
                double right = k == column
                    ? Diagonal(logDiagonal, sign, k, parts)
                    : (double)upper[(k * n) + column];
                sum += left * right;
            }
        }

        return sum;
    }

    private static double Scale(ReadOnlyGlobalView<float> logScale, int channel, Parts parts) =>
        parts.ActNorm != 0 ? (double)XMath.Exp(logScale[channel]) : 1.0;

    private static double Diagonal(
        ReadOnlyGlobalView<float> logDiagonal, ReadOnlyGlobalView<float> sign, int channel, Parts parts) =>
        parts.Convolution != 0 ? (double)sign[channel] * (double)XMath.Exp(logDiagonal[channel]) : 1.0;
}
