// The kernels of FlowEngine.Kernels.Device.PermutationKernels. Written by FlowEngine.KernelCompiler; not edited.

KERNEL(256) void PermutationKernels_Permute(
    GIN(float, x),
    GIN(float, permutation),
    GOUT(float, y),
    i64 length,
    int channels,
    int isInverse)
{
    VIEW_IN(float, x);
    VIEW_IN(float, permutation);
    VIEW_OUT(float, y);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length)
    {
        int c = (int)(i % (i64)channels);
        i64 other = i - (i64)c + (i64)(int)permutation[c];
        if (isInverse != 0)
        {
            y[other] = x[i];
        }
        else
        {
            y[i] = x[other];
        }
    }
}
