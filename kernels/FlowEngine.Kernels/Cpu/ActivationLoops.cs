using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Loops over values of panels, a multiple of 16 of them.</summary>
internal static unsafe class ActivationLoops
{
    /// <summary>target = act(z).</summary>
    public static void Apply(Activation activation, double leak, float* z, float* target, int count) =>
        Run(activation, leak, new Values(), z, null, target, count);

    /// <summary>target = source + act(z).</summary>
    public static void Add(Activation activation, double leak, float* z, float* source, float* target, int count) =>
        Run(activation, leak, new Sums(), z, source, target, count);

    /// <summary>target += source · act'(z).</summary>
    public static void AddBackward(Activation activation, double leak, float* z, float* source, float* target, int count) =>
        Run(activation, leak, new Gradients(), z, source, target, count);

    private static void Run<TOperation>(
        Activation activation, double leak, TOperation operation, float* z, float* source, float* target, int count)
        where TOperation : struct, IOperation
    {
        Vector512<float> slope = Vector512.Create((float)leak);
        switch (activation)
        {
            case Activation.Relu:
                operation.Run<ActivationKinds.Relu>(z, source, target, count, slope);
                break;
            case Activation.Tanh:
                operation.Run<ActivationKinds.Tanh>(z, source, target, count, slope);
                break;
            case Activation.Elu:
                operation.Run<ActivationKinds.Elu>(z, source, target, count, slope);
                break;
            case Activation.Silu:
                operation.Run<ActivationKinds.Silu>(z, source, target, count, slope);
                break;
            case Activation.Gelu:
                operation.Run<ActivationKinds.Gelu>(z, source, target, count, slope);
                break;
            case Activation.GeluTanh:
                operation.Run<ActivationKinds.GeluTanh>(z, source, target, count, slope);
                break;
            case Activation.LeakyRelu:
                operation.Run<ActivationKinds.LeakyRelu>(z, source, target, count, slope);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown activation");
        }
    }

    private interface IOperation
    {
        void Run<TActivation>(float* z, float* source, float* target, int count, Vector512<float> leak)
            where TActivation : struct, IActivation;
    }

    private readonly struct Values : IOperation
    {
        public void Run<TActivation>(float* z, float* source, float* target, int count, Vector512<float> leak)
            where TActivation : struct, IActivation
        {
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                TActivation.Value(Vector512.Load(z + i), leak).Store(target + i);
            }
        }
    }

    private readonly struct Sums : IOperation
    {
        public void Run<TActivation>(float* z, float* source, float* target, int count, Vector512<float> leak)
            where TActivation : struct, IActivation
        {
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                (Vector512.Load(source + i) + TActivation.Value(Vector512.Load(z + i), leak)).Store(target + i);
            }
        }
    }

    private readonly struct Gradients : IOperation
    {
        public void Run<TActivation>(float* z, float* source, float* target, int count, Vector512<float> leak)
            where TActivation : struct, IActivation
        {
            for (int i = 0; i < count; i += SimdMath.Width)
            {
                Vector512<float> slope = TActivation.Slope(Vector512.Load(z + i), leak);
                Vector512.FusedMultiplyAdd(Vector512.Load(source + i), slope, Vector512.Load(target + i)).Store(target + i);
            }
        }
    }
}
