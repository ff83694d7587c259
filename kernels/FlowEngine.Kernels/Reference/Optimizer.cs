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
    public void OptimizerStep(
        in OptimizerSettings settings,
        BufferView sumOfSquares,
        BufferView parameters,
        BufferView gradients,
        BufferView moment1,
        BufferView moment2,
        BufferView average)
    {
        double squares = Wide(Elements(sumOfSquares, 1)[0]);
        if (!double.IsFinite(squares))
        {
            return;
        }

        double norm = Math.Sqrt(squares);
        double clip = settings.Clip > 0 && norm > settings.Clip ? settings.Clip / norm : 1;
        double correction1 = 1 - Math.Pow(settings.Beta1, settings.Step);
        double correction2 = 1 - Math.Pow(settings.Beta2, settings.Step);
        double emaDecay = Math.Min(settings.EmaDecay, (1.0 + settings.Step) / (10.0 + settings.Step));
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
                parameter -= settings.Rate * settings.WeightDecay * parameter;
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
                parameter -= settings.Rate / correction1 * first / second;
            }
            else
            {
                second = (settings.Beta2 * Wide(v[i])) + ((1 - settings.Beta2) * gradient * gradient);
                double denominator = Math.Sqrt(second / correction2) + settings.Epsilon;
                parameter -= settings.Rate * (first / correction1) / denominator;
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
