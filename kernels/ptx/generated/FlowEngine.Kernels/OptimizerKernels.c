// The kernels of FlowEngine.Kernels.Device.OptimizerKernels. Written by FlowEngine.KernelCompiler; not edited.

typedef struct { int rule; float rate; float beta1; float beta2; float epsilon; float decay; float clip; float inverseCorrection1; float inverseCorrection2; float averageDecay; int hasAverage; } OptimizerKernels_Settings;

KERNEL(256) void OptimizerKernels_Step(
    GIN(float, sumOfSquares),
    GOUT(float, parameters),
    GIN(float, gradients),
    GOUT(float, moment1),
    GOUT(float, moment2),
    GOUT(float, average),
    OptimizerKernels_Settings settings,
    i64 length)
{
    VIEW_IN(float, sumOfSquares);
    VIEW_OUT(float, parameters);
    VIEW_IN(float, gradients);
    VIEW_OUT(float, moment1);
    VIEW_OUT(float, moment2);
    VIEW_OUT(float, average);
    i64 i = GRID_GLOBAL_INDEX_X;
    float squares = sumOfSquares[0];
    if (i < length && (BITS_F2U(squares) & 2139095040u) != 2139095040u)
    {
        float norm = SQRT_F32(squares);
        float clip = (settings.clip > 0.0f && norm > settings.clip) ? settings.clip / norm : 1.0f;
        float parameter = parameters[i];
        float gradient = gradients[i] * clip;
        if (settings.rule == 1)
        {
            parameter -= settings.rate * settings.decay * parameter;
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
            parameter -= settings.rate * settings.inverseCorrection1 * first / second;
        }
        else
        {
            second = settings.beta2 * moment2[i] + (1.0f - settings.beta2) * gradient * gradient;
            float denominator = SQRT_F32(second * settings.inverseCorrection2) + settings.epsilon;
            parameter -= settings.rate * (first * settings.inverseCorrection1) / denominator;
        }
        moment1[i] = first;
        moment2[i] = second;
        parameters[i] = parameter;
        if (settings.hasAverage != 0)
        {
            average[i] = settings.averageDecay * average[i] + (1.0f - settings.averageDecay) * parameter;
        }
    }
}
