using System.Runtime.Intrinsics;

namespace FlowEngine.Kernels.Cpu;

/// <remarks>A part is a row forward, and 16 outputs of every input, or a row for the condition, backward; lane = output mod 16.</remarks>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc cref="IBackend.LinearForward"/>
    public void LinearForward(int rows, BufferView condition, BufferView weight, BufferView y) =>
        _team.Run(rows, new LinearForwardJob
        {
            Inputs = (int)(condition.Length / rows),
            Outputs = (int)(y.Length / rows),
            Condition = Pointer(condition, condition.Length),
            Weight = Pointer(weight, condition.Length / rows * (y.Length / rows)),
            Y = Pointer(y, y.Length),
        });

    /// <inheritdoc cref="IBackend.LinearBackward"/>
    public void LinearBackward(
        int rows, BufferView condition, BufferView dy, BufferView weight, BufferView dWeight, BufferView dCondition)
    {
        int outputs = (int)(dy.Length / rows);
        _team.Run((outputs + SimdMath.Width - 1) / SimdMath.Width, new LinearBackwardJob
        {
            Rows = rows,
            Inputs = (int)(condition.Length / rows),
            Outputs = outputs,
            Condition = Pointer(condition, condition.Length),
            Dy = Pointer(dy, dy.Length),
            DWeight = Pointer(dWeight, condition.Length / rows * outputs),
        });
        if (!dCondition.IsEmpty)
        {
            _team.Run(rows, new LinearConditionJob
            {
                Inputs = (int)(condition.Length / rows),
                Outputs = outputs,
                Weight = Pointer(weight, condition.Length / rows * outputs),
                Dy = Pointer(dy, dy.Length),
                DCondition = Pointer(dCondition, condition.Length),
            });
        }
    }

    private struct LinearForwardJob : IJob
    {
        public int Inputs;
        public int Outputs;
        public float* Condition;
        public float* Weight;
        public float* Y;

        public readonly void Invoke(int index, int worker)
        {
            float* y = Y + ((long)index * Outputs);
            for (int n = 0; n < Inputs; n++)
            {
                float factor = Condition[((long)index * Inputs) + n];
                if (factor == 0)
                {
                    continue;
                }

                float* weight = Weight + ((long)n * Outputs);
                for (int i = 0; i < Outputs; i += SimdMath.Width)
                {
                    Vector512<float> sum = Vector512.FusedMultiplyAdd(
                        Vector512.Create(factor), Lanes.Load(weight + i, Outputs - i), Lanes.Load(y + i, Outputs - i));
                    Lanes.Store(sum, y + i, Outputs - i);
                }
            }
        }
    }

    private struct LinearConditionJob : IJob
    {
        public int Inputs;
        public int Outputs;
        public float* Weight;
        public float* Dy;
        public float* DCondition;

        public readonly void Invoke(int index, int worker)
        {
            float* dy = Dy + ((long)index * Outputs);
            for (int n = 0; n < Inputs; n++)
            {
                float* weight = Weight + ((long)n * Outputs);
                LaneSum sum = default;
                for (int i = 0; i < Outputs; i += SimdMath.Width)
                {
                    sum.Add(Lanes.Load(weight + i, Outputs - i) * Lanes.Load(dy + i, Outputs - i));
                }

                ref float target = ref DCondition[((long)index * Inputs) + n];
                target = (float)(target + sum.Total());
            }
        }
    }

    private struct LinearBackwardJob : IJob
    {
        public int Rows;
        public int Inputs;
        public int Outputs;
        public float* Condition;
        public float* Dy;
        public float* DWeight;

        public readonly void Invoke(int index, int worker)
        {
            int first = index * SimdMath.Width;
            int count = Math.Min(SimdMath.Width, Outputs - first);
            double* sums = stackalloc double[SimdMath.Width];
            for (int n = 0; n < Inputs; n++)
            {
                new Span<double>(sums, SimdMath.Width).Clear();
                for (int b = 0; b < Rows; b++)
                {
                    double factor = Condition[((long)b * Inputs) + n];
                    float* dy = Dy + ((long)b * Outputs) + first;
                    for (int i = 0; i < count && factor != 0; i++)
                    {
                        sums[i] += factor * dy[i];
                    }
                }

                float* target = DWeight + ((long)n * Outputs) + first;
                for (int i = 0; i < count; i++)
                {
                    target[i] = (float)(target[i] + sums[i]);
                }
            }
        }
    }
}
