using FlowEngine.Checkpoints;
using FlowEngine.Tensors;

namespace FlowEngine.Interop;

/// <summary>The parts of a step that differ between the layouts: ActNorm's scale and the 1x1 convolution.</summary>
internal static class RosinalityStep
{
    internal static void Import(TensorTable source, int level, int step, long channels, List<NamedTensor> result)
    {
        string theirs = RosinalityNames.TheirStep(level, step);
        string ours = RosinalityNames.OurStep(level, step);
        CheckInitialized(source, $"{theirs}.actnorm.initialized");
        string scaleName = $"{theirs}.actnorm.scale";
        NamedTensor scale = source.TakeReal(scaleName, 1, channels, 1, 1);
        double[] values = scale.ToDoubles();
        if (values.Contains(0))
        {
            throw TensorTable.Bad(scaleName, "holds a zero, which has no inverse");
        }

        double[] signs = Array.ConvertAll(values, value => (double)Math.Sign(value));
        double[] logScale = Array.ConvertAll(values, value => Math.Log(Math.Abs(value)));
        result.Add(Real($"{ours}.actnorm.log_scale", scale.Type, logScale, channels));
        string weightName = $"{theirs}.invconv.weight";
        (PluFactors factors, TensorType type) = source.Contains(weightName)
            ? FactorDense(source, weightName, channels)
            : ReadFactors(source, $"{theirs}.invconv", channels);
        factors = factors.WithColumnSigns(signs);
        result.Add(Real($"{ours}.invconv.lower", type, factors.Lower, channels, channels));
        result.Add(Real($"{ours}.invconv.upper", type, factors.Upper, channels, channels));
        result.Add(Real($"{ours}.invconv.log_diagonal", type, factors.LogDiagonal, channels));
        result.Add(Real($"{ours}.invconv.sign", type, factors.Sign, channels));
        result.Add(new NamedTensor($"{ours}.invconv.permutation", factors.Permutation, channels));
    }

    internal static void Export(TensorTable source, int level, int step, long channels, List<NamedTensor> result)
    {
        string theirs = RosinalityNames.TheirStep(level, step);
        string ours = RosinalityNames.OurStep(level, step);
        result.Add(new NamedTensor(
            $"{theirs}.actnorm.scale", Exponential(source, $"{ours}.actnorm.log_scale", channels), 1, channels, 1, 1));
        result.Add(new NamedTensor($"{theirs}.actnorm.initialized", new byte[] { 1 }));
        int size = (int)channels;
        float[] lower = source.TakeReal($"{ours}.invconv.lower", channels, channels).ToSingles();
        float[] upper = source.TakeReal($"{ours}.invconv.upper", channels, channels).ToSingles();
        float[] logDiagonal = source.TakeReal($"{ours}.invconv.log_diagonal", channels).ToSingles();
        float[] sign = TakeSigns(source, $"{ours}.invconv.sign", channels);
        float[] lowerMask = Matrix(size, (i, j) => i > j ? 1 : 0);
        float[] upperMask = Matrix(size, (i, j) => i < j ? 1 : 0);
        int[] permutation = TakePermutation(source, $"{ours}.invconv.permutation", channels);
        void Add(string name, float[] data, params ReadOnlySpan<long> shape) =>
            result.Add(new NamedTensor($"{theirs}.invconv.{name}", data, shape));
        Add("w_p", Matrix(size, (i, j) => permutation[i] == j ? 1 : 0), channels, channels);
        Add("u_mask", upperMask, channels, channels);
        Add("l_mask", lowerMask, channels, channels);
        Add("s_sign", sign, channels);
        Add("l_eye", Matrix(size, (i, j) => i == j ? 1 : 0), channels, channels);
        Add("w_l", Matrix(size, (i, j) => i > j ? lower[(i * size) + j] : i == j ? 1 : 0), channels, channels);
        Add("w_s", logDiagonal, channels);
        Add("w_u", Matrix(size, (i, j) => i < j ? upper[(i * size) + j] : 0), channels, channels);
    }

    private static void CheckInitialized(TensorTable source, string name)
    {
        if (source.Take(name).ToDoubles()[0] != 1)
        {
            throw TensorTable.Bad(name, "is not 1: the model has never seen data");
        }
    }

    private static (PluFactors Factors, TensorType Type) FactorDense(TensorTable source, string name, long channels)
    {
        NamedTensor weight = source.TakeReal(name, channels, channels, 1, 1);
        PluFactors factors = PluFactors.Factor(weight.ToDoubles(), (int)channels) ??
            throw TensorTable.Bad(name, "is singular, so the model has no inverse");
        return (factors, weight.Type);
    }

    private static (PluFactors Factors, TensorType Type) ReadFactors(TensorTable source, string prefix, long channels)
    {
        int size = (int)channels;
        ExpectConstant(source, $"{prefix}.l_mask", size, (i, j) => i > j ? 1 : 0);
        ExpectConstant(source, $"{prefix}.u_mask", size, (i, j) => i < j ? 1 : 0);
        ExpectConstant(source, $"{prefix}.l_eye", size, (i, j) => i == j ? 1 : 0);
        NamedTensor lower = source.TakeReal($"{prefix}.w_l", channels, channels);
        double[] l = lower.ToDoubles();
        double[] u = source.TakeReal($"{prefix}.w_u", channels, channels).ToDoubles();
        for (int i = 0; i < size; i++)
        {
            // The masks hide what else the two hold: a unit diagonal, rounding, or anything at all.
            l.AsSpan((i * size) + i, size - i).Clear();
            u.AsSpan(i * size, i + 1).Clear();
        }

        double[] logDiagonal = source.TakeReal($"{prefix}.w_s", channels).ToDoubles();
        float[] sign = TakeSigns(source, $"{prefix}.s_sign", channels);
        int[] permutation = TakePermutationMatrix(source, $"{prefix}.w_p", size);
        return (
            new PluFactors(l, u, logDiagonal, Array.ConvertAll(sign, value => (double)value), permutation),
            lower.Type);
    }

    private static void ExpectConstant(TensorTable source, string name, int size, Func<int, int, float> element)
    {
        if (!source.TakeReal(name, size, size).ToSingles().AsSpan().SequenceEqual(Matrix(size, element)))
        {
            throw TensorTable.Bad(name, "is not the constant it should be");
        }
    }

    private static float[] TakeSigns(TensorTable source, string name, long channels)
    {
        float[] signs = source.TakeReal(name, channels).ToSingles();
        return Array.TrueForAll(signs, sign => sign is 1 or -1)
            ? signs
            : throw TensorTable.Bad(name, "holds something other than 1 and -1");
    }

    private static int[] TakePermutation(TensorTable source, string name, long channels)
    {
        NamedTensor tensor = source.Take(name, channels);
        int[] permutation = tensor.Type == TensorType.I32
            ? tensor.AsSpan<int>().ToArray()
            : throw TensorTable.Bad(name, $"has type {TensorTypes.NameOf(tensor.Type)}; expected I32");
        return IsPermutation(permutation)
            ? permutation
            : throw TensorTable.Bad(name, "is not a permutation");
    }

    private static int[] TakePermutationMatrix(TensorTable source, string name, int size)
    {
        float[] matrix = source.TakeReal(name, size, size).ToSingles();
        int[] permutation = new int[size];
        for (int i = 0; i < size; i++)
        {
            permutation[i] = matrix.AsSpan(i * size, size).IndexOf(1);
        }

        return IsPermutation(permutation) && matrix.Count(value => value == 0) == matrix.Length - size
            ? permutation
            : throw TensorTable.Bad(name, "is not a permutation matrix");
    }

    private static bool IsPermutation(int[] permutation) =>
        permutation.Order().SequenceEqual(Enumerable.Range(0, permutation.Length));

    private static float[] Exponential(TensorTable source, string name, long channels)
    {
        double[] logScale = source.TakeReal(name, channels).ToDoubles();
        float[] scale = Array.ConvertAll(logScale, value => (float)Math.Exp(value));
        return Array.TrueForAll(scale, value => value > 0 && float.IsFinite(value))
            ? scale
            : throw TensorTable.Bad(name, "holds a value whose exponential is no float32");
    }

    private static float[] Matrix(int size, Func<int, int, float> element)
    {
        float[] matrix = new float[size * size];
        for (int i = 0; i < matrix.Length; i++)
        {
            matrix[i] = element(i / size, i % size);
        }

        return matrix;
    }

    private static NamedTensor Real(string name, TensorType type, double[] values, params ReadOnlySpan<long> shape) =>
        type == TensorType.F64
            ? new NamedTensor(name, values, shape)
            : new NamedTensor(name, Array.ConvertAll(values, value => (float)value), shape);
}
