// The kernels of FlowEngine.Kernels.Device.OptimizerKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { double beta1; double beta2; double emaDecay; double clip; } OptimizerKernels_Limits;
typedef struct { int rule; float beta1; float beta2; float epsilon; float decay; int hasAverage; } OptimizerKernels_Settings;

DEV bool OptimizerKernels_IsFinite(float value)
{
    return (BITS_F2U(value) & 2139095040u) != 2139095040u;
}

DEV double OptimizerKernels_Power(double value, int exponent)
{
    double power = 1.0;
    double square = value;
    for (int left = exponent; left > 0; left >>= 1)
    {
        if ((left & 1) != 0)
        {
            power *= square;
        }
        square *= square;
    }
    return power;
}

KERNEL(256) void OptimizerKernels_Begin(
    GIN(float, logPrior),
    GIN(float, logDet),
    GIN(float, rate),
    GOUT(float, progress),
    OptimizerKernels_Limits limits,
    int batch,
    int capacity)
{
    VIEW_IN(float, logPrior);
    VIEW_IN(float, logDet);
    VIEW_IN(float, rate);
    VIEW_OUT(float, progress);
    SHARED(double, sums, 256);
    double sum = 0.0;
    for (int b = GROUP_IDX_X; b < batch; b += 256)
    {
        sum += (double)logPrior[b] + (double)logDet[b];
    }
    sums[GROUP_IDX_X] = sum;
    GROUP_BARRIER();
    for (int half_ = 128; half_ > 0; half_ /= 2)
    {
        if (GROUP_IDX_X < half_)
        {
            sums[GROUP_IDX_X] += sums[GROUP_IDX_X + half_];
        }
        GROUP_BARRIER();
    }
    if (GROUP_IDX_X == 0)
    {
        float mean = (float)(sums[0] / (double)batch);
        float squares = progress[2];
        int next = (int)progress[1];
        progress[16 + 2 * next] = mean;
        progress[16 + 2 * next + 1] = squares;
        progress[1] = (float)((next + 1) % capacity);
        GPTR(float) factors = progress + 4;
        factors[0] = 0.0f;
        if (OptimizerKernels_IsFinite(mean) && OptimizerKernels_IsFinite(squares))
        {
            int applied = (int)progress[0] + 1;
            double norm = (double)SQRT_F32(squares);
            double ramp = (1.0 + (double)applied) / (10.0 + (double)applied);
            progress[0] = (float)applied;
            factors[0] = 1.0f;
            factors[1] = (limits.clip > 0.0 && norm > limits.clip) ? (float)(limits.clip / norm) : 1.0f;
            factors[2] = rate[0];
            factors[3] = (float)(1.0 / (1.0 - OptimizerKernels_Power(limits.beta1, applied)));
            factors[4] = (float)(1.0 / (1.0 - OptimizerKernels_Power(limits.beta2, applied)));
            factors[5] = (float)((limits.emaDecay < ramp) ? limits.emaDecay : ramp);
        }
    }
}

KERNEL(256) void OptimizerKernels_Step(
    GIN(float, factors),
    GOUT(float, parameters),
    GIN(float, gradients),
    GOUT(float, moment1),
    GOUT(float, moment2),
    GOUT(float, average),
    OptimizerKernels_Settings settings,
    i64 length)
{
    VIEW_IN(float, factors);
    VIEW_OUT(float, parameters);
    VIEW_IN(float, gradients);
    VIEW_OUT(float, moment1);
    VIEW_OUT(float, moment2);
    VIEW_OUT(float, average);
    i64 i = GRID_GLOBAL_INDEX_X;
    if (i < length && factors[0] != 0.0f)
    {
        float rate = factors[2];
        float parameter = parameters[i];
        float gradient = gradients[i] * factors[1];
        if (settings.rule == 1)
        {
            parameter -= rate * settings.decay * parameter;
        }
        else
        {
            gradient = FMA_F32(settings.decay, parameter, gradient);
        }
        float first = settings.beta1 * moment1[i] + (1.0f - settings.beta1) * gradient;
        float second;
        if (settings.rule == 2)
        {
            second = MAX_F32(settings.beta2 * moment2[i], ABS_F32(gradient) + settings.epsilon);
            parameter -= rate * factors[3] * first / second;
        }
        else
        {
            second = settings.beta2 * moment2[i] + (1.0f - settings.beta2) * gradient * gradient;
            float denominator = SQRT_F32(second * factors[4]) + settings.epsilon;
            parameter -= rate * (first * factors[3]) / denominator;
        }
        moment1[i] = first;
        moment2[i] = second;
        parameters[i] = parameter;
        if (settings.hasAverage != 0)
        {
            float decay = factors[5];
            average[i] = decay * average[i] + (1.0f - decay) * parameter;
        }
    }
}
