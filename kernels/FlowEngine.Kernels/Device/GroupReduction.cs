namespace FlowEngine.Kernels.Device;

/// <summary>Sums over the threads of a group, for kernels to call.</summary>
internal static class GroupReduction
{
    /// <summary>The sum of every thread's value, in the order of a tree; waits for the group.</summary>
    /// <param name="scratch">Shared memory of an element for each thread.</param>
    /// <param name="value">This thread's value.</param>
    public static float Sum(SharedView<float> scratch, float value)
    {
        scratch[Group.IdxX] = value;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                scratch[Group.IdxX] += scratch[Group.IdxX + half];
            }

            Group.Barrier();
        }

        return scratch[0];
    }
}
