using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <summary>Sums with and without gates over values of panels, a multiple of 16 of them.</summary>
internal static unsafe class GateLoops
{
    /// <summary>target = source + addend σ(gate), or without the gate where it is null.</summary>
    public static void Add(float* source, float* addend, float* gate, float* target, int count)
    {
        for (int i = 0; i < count; i += SimdMath.Width)
        {
            Vector512<float> sum = Vector512.Load(source + i);
            Vector512<float> value = Vector512.Load(addend + i);
            sum = gate is null
                ? sum + value
                : Vector512.FusedMultiplyAdd(value, SimdMath.Sigmoid(Vector512.Load(gate + i)), sum);
            sum.Store(target + i);
        }
    }

    /// <summary>dAddend += dTarget σ(gate); dGate += dTarget addend σ(gate) σ(-gate).</summary>
    public static void Backward(float* addend, float* gate, float* dTarget, float* dAddend, float* dGate, int count)
    {
        for (int i = 0; i < count; i += SimdMath.Width)
        {
            Vector512<float> open = SimdMath.SigmoidAndComplement(Vector512.Load(gate + i), out Vector512<float> closed);
            Vector512<float> passed = Vector512.Load(dTarget + i) * open;
            (Vector512.Load(dAddend + i) + passed).Store(dAddend + i);
            Vector512<float> ofGate = passed * Vector512.Load(addend + i);
            Vector512.FusedMultiplyAdd(ofGate, closed, Vector512.Load(dGate + i)).Store(dGate + i);
        }
    }
}
