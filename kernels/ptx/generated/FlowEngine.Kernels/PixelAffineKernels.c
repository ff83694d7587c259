// The kernels of FlowEngine.Kernels.Device.PixelAffineKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int channels; int actNorm; int convolution; int inverse; } PixelAffineKernels_Parts;

DEV i64 SqueezeKernels_Place(int first, int i, int channels, int width)
{
    i64 place = (i64)first * (i64)channels + (i64)i;
    if (width != 0)
    {
        int pixel = first + i / channels;
        int element = i % channels;
        int half_ = channels / 2;
        place = ((i64)2 * (i64)pixel - (i64)(pixel % width)) * (i64)half_ + (i64)(element / 2 % 2) * (i64)width * (i64)half_ + (i64)(element % 2 * (channels / 4)) + (i64)(element / 4);
    }
    return place;
}

KERNEL(256) void PixelAffineKernels_Apply(
    GIN(float, matrix),
    GIN(float, offset),
    GIN_ALIAS(float, x),
    GOUT_ALIAS(float, y),
    i64 pixels,
    int channels,
    int rowStride,
    int columnStride,
    int useOffset,
    int xWidth,
    int yWidth DYN_PARAM)
{
    VIEW_IN(float, matrix);
    VIEW_IN(float, offset);
    VIEW_IN_ALIAS(float, x);
    VIEW_OUT_ALIAS(float, y);
    DYN_SHARED(float, tile);
    int first = GRID_IDX_X * 32;
    int count = (int)MIN_I64((i64)32, pixels - (i64)GRID_IDX_X * (i64)32) * channels;
    for (int i = GROUP_IDX_X; i < count; i += 256)
    {
        tile[i] = x[SqueezeKernels_Place(first, i, channels, xWidth)];
    }
    GROUP_BARRIER();
    for (int i = GROUP_IDX_X; i < count; i += 256)
    {
        int row = i % channels;
        LPTR(float) pixel = tile + (i - row);
        float sum = (useOffset != 0) ? offset[row] : 0.0f;
        for (int c = 0; c < channels; c++)
        {
            sum = FMA_F32(matrix[row * rowStride + c * columnStride], pixel[c], sum);
        }
        y[SqueezeKernels_Place(first, i, channels, yWidth)] = sum;
    }
}

KERNEL(256) void PixelAffineKernels_GradientOfParts(
    GIN(float, x),
    GIN(float, dy),
    GOUT(float, parts),
    int pixels,
    int channels,
    int width)
{
    VIEW_IN(float, x);
    VIEW_IN(float, dy);
    VIEW_OUT(float, parts);
    int start = GRID_IDX_X * 512;
    int end = MIN_I32(start + 512, pixels);
    int squares = channels * channels;
    i64 place = (i64)GRID_IDX_X * (i64)(squares + channels);
    for (int i = GROUP_IDX_X; i < squares + channels; i += 256)
    {
        int row = (i < squares) ? i / channels : i - squares;
        int column = i % channels;
        float sum = 0.0f;
        for (int p = start; p < end; p++)
        {
            float gradient = dy[(i64)p * (i64)channels + (i64)row];
            sum = (i < squares) ? FMA_F32(gradient, x[SqueezeKernels_Place(p, column, channels, width)], sum) : sum + gradient;
        }
        parts[place + (i64)i] = sum;
    }
}

DEV double PixelAffineKernels_Diagonal(
    GCPTR(float) logDiagonal,
    GCPTR(float) sign,
    int channel,
    PixelAffineKernels_Parts parts)
{
    return (parts.convolution != 0) ? (double)sign[channel] * (double)EXP_F32(logDiagonal[channel]) : 1.0;
}

DEV double PixelAffineKernels_Weight(
    GCPTR(float) lower,
    GCPTR(float) upper,
    GCPTR(float) logDiagonal,
    GCPTR(float) sign,
    GCPTR(float) permutation,
    int row,
    int column,
    PixelAffineKernels_Parts parts)
{
    int n = parts.channels;
    double sum = (row == column) ? 1.0 : 0.0;
    if (parts.convolution != 0)
    {
        int from = (int)permutation[row];
        sum = 0.0;
        for (int k = 0; k <= from && k <= column; k++)
        {
            double left = (k == from) ? 1.0 : (double)lower[from * n + k];
            double right = (k == column) ? PixelAffineKernels_Diagonal(logDiagonal, sign, k, parts) : (double)upper[k * n + column];
            sum += left * right;
        }
    }
    return sum;
}

DEV double PixelAffineKernels_Scale(
    GCPTR(float) logScale,
    int channel,
    PixelAffineKernels_Parts parts)
{
    return (parts.actNorm != 0) ? (double)EXP_F32(logScale[channel]) : 1.0;
}

DEV void PixelAffineKernels_AssembleMap(
    GCPTR(float) bias,
    GCPTR(float) logScale,
    GCPTR(float) lower,
    GCPTR(float) upper,
    GCPTR(float) logDiagonal,
    GCPTR(float) sign,
    GCPTR(float) permutation,
    GPTR(float) map,
    GPTR(double) scratch,
    PixelAffineKernels_Parts parts)
{
    int n = parts.channels;
    GPTR(double) w = scratch;
    GPTR(double) columns = scratch + n * n;
    GPTR(float) inverse = map + (n * n + n);
    for (int i = GROUP_IDX_X; i < n * n; i += 256)
    {
        int row = i / n;
        int column = i % n;
        double weight = PixelAffineKernels_Weight(lower, upper, logDiagonal, sign, permutation, row, column, parts);
        w[i] = weight;
        map[i] = (float)(weight * PixelAffineKernels_Scale(logScale, column, parts));
    }
    GROUP_BARRIER();
    for (int row = GROUP_IDX_X; row < n; row += 256)
    {
        double sum = 0.0;
        for (int c = 0; c < n && parts.actNorm != 0; c++)
        {
            sum += w[row * n + c] * PixelAffineKernels_Scale(logScale, c, parts) * (double)bias[c];
        }
        map[n * n + row] = (float)sum;
        inverse[n * n + row] = (parts.actNorm != 0) ? -bias[row] : 0.0f;
    }
    for (int j = GROUP_IDX_X; j < n && parts.inverse != 0; j += 256)
    {
        int one = (parts.convolution != 0) ? (int)permutation[j] : j;
        for (int i = 0; i < n; i++)
        {
            double sum = (i == one) ? 1.0 : 0.0;
            for (int k = 0; k < i && parts.convolution != 0; k++)
            {
                sum -= (double)lower[i * n + k] * columns[k * n + j];
            }
            columns[i * n + j] = sum;
        }
        for (int i = n - 1; i >= 0; i--)
        {
            double sum = columns[i * n + j];
            for (int k = i + 1; k < n && parts.convolution != 0; k++)
            {
                sum -= (double)upper[i * n + k] * columns[k * n + j];
            }
            double solved = sum / PixelAffineKernels_Diagonal(logDiagonal, sign, i, parts);
            int at = i * n + j + OPAQUE_I32(0);
            columns[at] = solved;
            inverse[at] = (float)(solved / PixelAffineKernels_Scale(logScale, i, parts));
        }
    }
    if (GROUP_IDX_X == 0)
    {
        double logDet = 0.0;
        for (int c = 0; c < n; c++)
        {
            logDet += ((parts.actNorm != 0) ? (double)logScale[c] : 0.0) + ((parts.convolution != 0) ? (double)logDiagonal[c] : 0.0);
        }
        map[2 * (n * n + n)] = (float)logDet;
    }
}

KERNEL(256) void PixelAffineKernels_AssembleAll(
    GIN(float, weights),
    GIN(float, constants),
    GIN(i64, table),
    GOUT(float, maps),
    GOUT(double, scratch),
    PixelAffineKernels_Parts parts)
{
    VIEW_IN(float, weights);
    VIEW_IN(float, constants);
    VIEW_IN(i64, table);
    VIEW_OUT(float, maps);
    VIEW_OUT(double, scratch);
    GCPTR(i64) row = table + GRID_IDX_X * 16;
    PixelAffineKernels_AssembleMap(weights + row[0], weights + row[1], weights + row[2], weights + row[3], weights + row[4], constants + row[5], constants + row[6], maps + row[7], scratch + (i64)GRID_IDX_X * (i64)2 * (i64)parts.channels * (i64)parts.channels, parts);
}

DEV void PixelAffineKernels_AssembleMapBackward(
    GCPTR(float) bias,
    GCPTR(float) logScale,
    GCPTR(float) lower,
    GCPTR(float) upper,
    GCPTR(float) logDiagonal,
    GCPTR(float) sign,
    GCPTR(float) permutation,
    GCPTR(float) dMatrix,
    GCPTR(float) dOffset,
    GCPTR(float) dLogDet,
    GPTR(float) dBias,
    GPTR(float) dLogScale,
    GPTR(float) dLower,
    GPTR(float) dUpper,
    GPTR(float) dLogDiagonal,
    GPTR(double) scratch,
    PixelAffineKernels_Parts parts,
    int batch,
    int pixelsPerImage)
{
    int n = parts.channels;
    GPTR(double) w = scratch;
    GPTR(double) a = scratch + n * n;
    double logDetTerm = 0.0;
    for (int b = 0; b < batch; b++)
    {
        logDetTerm += (double)dLogDet[b];
    }
    logDetTerm *= (double)pixelsPerImage;
    for (int i = GROUP_IDX_X; i < n * n; i += 256)
    {
        int row = i / n;
        int column = i % n;
        double shift = (parts.actNorm != 0) ? (double)bias[column] : 0.0;
        int to = (parts.convolution != 0) ? (int)permutation[row] : row;
        w[i] = PixelAffineKernels_Weight(lower, upper, logDiagonal, sign, permutation, row, column, parts);
        a[to * n + column] = ((double)dMatrix[i] + (double)dOffset[row] * shift) * PixelAffineKernels_Scale(logScale, column, parts);
    }
    GROUP_BARRIER();
    for (int c = GROUP_IDX_X; c < n && parts.actNorm != 0; c += 256)
    {
        double dScale = 0.0;
        double transposed = 0.0;
        for (int row = 0; row < n; row++)
        {
            dScale += w[row * n + c] * (double)dMatrix[row * n + c];
            transposed += w[row * n + c] * (double)dOffset[row];
        }
        double scale = PixelAffineKernels_Scale(logScale, c, parts);
        dScale += (double)bias[c] * transposed;
        dBias[c] = (float)((double)dBias[c] + scale * transposed);
        dLogScale[c] = (float)((double)dLogScale[c] + scale * dScale + logDetTerm);
    }
    for (int i = GROUP_IDX_X; i < n * n && parts.convolution != 0; i += 256)
    {
        int row = i / n;
        int column = i % n;
        if (row > column)
        {
            double sum = a[row * n + column] * PixelAffineKernels_Diagonal(logDiagonal, sign, column, parts);
            for (int k = column + 1; k < n; k++)
            {
                sum += a[row * n + k] * (double)upper[column * n + k];
            }
            dLower[i] = (float)((double)dLower[i] + sum);
        }
        else
        {
            double sum = a[i];
            for (int k = row + 1; k < n; k++)
            {
                sum += (double)lower[k * n + row] * a[k * n + column];
            }
            if (row < column)
            {
                dUpper[i] = (float)((double)dUpper[i] + sum);
            }
            else
            {
                double term = sum * PixelAffineKernels_Diagonal(logDiagonal, sign, row, parts);
                dLogDiagonal[row] = (float)((double)dLogDiagonal[row] + term + logDetTerm);
            }
        }
    }
}

KERNEL(256) void PixelAffineKernels_AssembleAllBackward(
    GIN(float, weights),
    GIN(float, constants),
    GIN(i64, table),
    GIN(float, dMaps),
    GIN(float, dLogDet),
    GOUT(float, gradients),
    GOUT(double, scratch),
    PixelAffineKernels_Parts parts,
    int batch)
{
    VIEW_IN(float, weights);
    VIEW_IN(float, constants);
    VIEW_IN(i64, table);
    VIEW_IN(float, dMaps);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, gradients);
    VIEW_OUT(double, scratch);
    GCPTR(i64) row = table + GRID_IDX_X * 16;
    PixelAffineKernels_AssembleMapBackward(weights + row[0], weights + row[1], weights + row[2], weights + row[3], weights + row[4], constants + row[5], constants + row[6], dMaps + row[8], dMaps + row[9], dLogDet, gradients + row[10], gradients + row[11], gradients + row[12], gradients + row[13], gradients + row[14], scratch + (i64)GRID_IDX_X * (i64)2 * (i64)parts.channels * (i64)parts.channels, parts, batch, (int)row[15]);
}

KERNEL(256) void PixelAffineKernels_Assemble(
    GIN(float, bias),
    GIN(float, logScale),
    GIN(float, lower),
    GIN(float, upper),
    GIN(float, logDiagonal),
    GIN(float, sign),
    GIN(float, permutation),
    GOUT(float, map),
    GOUT(double, scratch),
    PixelAffineKernels_Parts parts)
{
    VIEW_IN(float, bias);
    VIEW_IN(float, logScale);
    VIEW_IN(float, lower);
    VIEW_IN(float, upper);
    VIEW_IN(float, logDiagonal);
    VIEW_IN(float, sign);
    VIEW_IN(float, permutation);
    VIEW_OUT(float, map);
    VIEW_OUT(double, scratch);
    PixelAffineKernels_AssembleMap(bias, logScale, lower, upper, logDiagonal, sign, permutation, map, scratch, parts);
}

KERNEL(256) void PixelAffineKernels_AssembleBackward(
    GIN(float, bias),
    GIN(float, logScale),
    GIN(float, lower),
    GIN(float, upper),
    GIN(float, logDiagonal),
    GIN(float, sign),
    GIN(float, permutation),
    GIN(float, dMatrix),
    GIN(float, dOffset),
    GIN(float, dLogDet),
    GOUT(float, dBias),
    GOUT(float, dLogScale),
    GOUT(float, dLower),
    GOUT(float, dUpper),
    GOUT(float, dLogDiagonal),
    GOUT(double, scratch),
    PixelAffineKernels_Parts parts,
    int batch,
    int pixelsPerImage)
{
    VIEW_IN(float, bias);
    VIEW_IN(float, logScale);
    VIEW_IN(float, lower);
    VIEW_IN(float, upper);
    VIEW_IN(float, logDiagonal);
    VIEW_IN(float, sign);
    VIEW_IN(float, permutation);
    VIEW_IN(float, dMatrix);
    VIEW_IN(float, dOffset);
    VIEW_IN(float, dLogDet);
    VIEW_OUT(float, dBias);
    VIEW_OUT(float, dLogScale);
    VIEW_OUT(float, dLower);
    VIEW_OUT(float, dUpper);
    VIEW_OUT(float, dLogDiagonal);
    VIEW_OUT(double, scratch);
    PixelAffineKernels_AssembleMapBackward(bias, logScale, lower, upper, logDiagonal, sign, permutation, dMatrix, dOffset, dLogDet, dBias, dLogScale, dLower, dUpper, dLogDiagonal, scratch, parts, batch, pixelsPerImage);
}
