namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    /// <inheritdoc/>
    public void SumOfSquares(BufferView source, BufferView result)
    {
        double sum = 0;
        foreach (T value in Elements(source, source.Length))
        {
            sum += Wide(value) * Wide(value);
        }

        Elements(result, 1)[0] = Round(sum);
    }

    /// <inheritdoc/>
    public void Add(BufferView addend, BufferView sum)
    {
        Span<T> terms = Elements(addend, sum.Length);
        Span<T> sums = Elements(sum, sum.Length);
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = Round(Wide(sums[i]) + Wide(terms[i]));
        }
    }

    /// <inheritdoc/>
    public void OptimizerStep(
        in OptimizerSettings settings,
        BufferView rate,
        BufferView logPrior,
        BufferView logDet,
        in OptimizerProgress progress,
        BufferView parameters,
        BufferView gradients,
        BufferView moment1,
        BufferView moment2,
        BufferView average)
    {
        if (!BeginUpdate(progress, logPrior, logDet, out long applied))
        {
            return;
        }

        double step = Wide(Elements(rate, 1)[0]);
        double norm = Math.Sqrt(Wide(Elements(progress.SumOfSquares, 1)[0]));
        double clip = settings.Clip > 0 && norm > settings.Clip ? settings.Clip / norm : 1;
        double correction1 = 1 - Math.Pow(settings.Beta1, applied);
        double correction2 = 1 - Math.Pow(settings.Beta2, applied);
        double emaDecay = Math.Min(settings.EmaDecay, (1.0 + applied) / (10.0 + applied));
        Span<T> p = Elements(parameters, parameters.Length);
        Span<T> g = Elements(gradients, parameters.Length);
        Span<T> m = Elements(moment1, parameters.Length);
        Span<T> v = Elements(moment2, parameters.Length);
        Span<T> ema = ElementsOrNone(average, parameters.Length);
        for (int i = 0; i < p.Length; i++)
        {
            double parameter = Wide(p[i]);
            double gradient = Wide(g[i]) * clip;
            if (settings.Kind == OptimizerKind.AdamW)
            {
                parameter -= step * settings.WeightDecay * parameter;
            }
            else
            {
                gradient += settings.WeightDecay * parameter;
            }

            double first = (settings.Beta1 * Wide(m[i])) + ((1 - settings.Beta1) * gradient);
            double second;
            if (settings.Kind == OptimizerKind.Adamax)
            {
                second = Math.Max(settings.Beta2 * Wide(v[i]), Math.Abs(gradient) + settings.Epsilon);
                parameter -= step / correction1 * first / second;
            }
            else
            {
                second = (settings.Beta2 * Wide(v[i])) + ((1 - settings.Beta2) * gradient * gradient);
                double denominator = Math.Sqrt(second / correction2) + settings.Epsilon;
                parameter -= step * (first / correction1) / denominator;
            }

            m[i] = Round(first);
            v[i] = Round(second);
            p[i] = Round(parameter);
            if (!ema.IsEmpty)
            {
                ema[i] = Round((emaDecay * Wide(ema[i])) + ((1 - emaDecay) * parameter));
            }
        }
    }
}
