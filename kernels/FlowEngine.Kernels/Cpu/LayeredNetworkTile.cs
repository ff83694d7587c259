namespace FlowEngine.Kernels.Cpu;

/// <summary>The steps of a layered network over the panels of one tile.</summary>
/// <param name="layout">Where the weights lie.</param>
/// <param name="prepared">The prepared weights.</param>
/// <param name="rows">Rows of the batch in the tile.</param>
/// <param name="read">Receives what a layer reads, panels.</param>
internal readonly unsafe struct LayeredNetworkTile(LayeredNetworkLayout layout, float* prepared, long rows, float* read)
{
    private int Panels => StripProduct.Panels(rows);

    private Activation Activation => layout.Shape.Activation;

    private double Leak => layout.Shape.Leak;

    /// <summary>target = W act(source) + b or W source + b.</summary>
    public void Linear(in NetworkStep step, float* source, float* target)
    {
        NetworkLayer layer = layout.Plan.Layers[step.Layer];
        Read(step, source);
        StripProduct.MultiplyPanels<Linear>(
            prepared + layout.At(step.Layer).Forward,
            LayeredNetworkLayout.Padded(layer.Outputs),
            layer.Inputs,
            prepared + layout.At(step.Layer).Bias,
            read,
            LayeredNetworkLayout.Panel(layer.Inputs),
            rows,
            target,
            LayeredNetworkLayout.Panel(layer.Outputs),
            StripProduct.PanelWidth,
            null);
    }

    /// <summary>target = source + addend, as the step says.</summary>
    public void Add(in NetworkStep step, float* source, float* addend, float* gate, float* target)
    {
        int width = layout.Plan.Widths[step.Target];
        for (int panel = 0; panel < Panels; panel++)
        {
            nint at = (nint)panel * LayeredNetworkLayout.Panel(width);
            int count = LayeredNetworkLayout.Padded(width) * StripProduct.PanelWidth;
            if (step.Kind == NetworkStepKind.AddActivated)
            {
                ActivationLoops.Add(Activation, Leak, addend + at, source + at, target + at, count);
            }
            else
            {
                GateLoops.Add(source + at, addend + at, gate is null ? null : gate + at, target + at, count);
            }
        }
    }

    /// <summary>What the layer of a step reads: rows of the source, activated if the step says so, and zeros.</summary>
    public void Read(in NetworkStep step, float* source)
    {
        NetworkLayer layer = layout.Plan.Layers[step.Layer];
        int count = layer.Inputs * StripProduct.PanelWidth;
        for (int panel = 0; panel < Panels; panel++)
        {
            float* from = source
                + ((nint)panel * LayeredNetworkLayout.Panel(layout.Plan.Widths[step.Source]))
                + ((nint)layer.FirstInput * StripProduct.PanelWidth);
            float* to = read + ((nint)panel * LayeredNetworkLayout.Panel(layer.Inputs));
            if (step.Activates)
            {
                ActivationLoops.Apply(Activation, Leak, from, to, count);
            }
            else
            {
                new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));
            }

            int padded = LayeredNetworkLayout.Padded(layer.Inputs) * StripProduct.PanelWidth;
            new Span<float>(to + count, padded - count).Clear();
        }
    }

    /// <summary>dSource += Wᵀ dTarget, times the slopes of the source if the step activates.</summary>
    /// <param name="step">A linear map.</param>
    /// <param name="source">What it reads.</param>
    /// <param name="dTarget">The gradient of what it makes.</param>
    /// <param name="passed">Scratch: one array of the tile.</param>
    /// <param name="dSource">Added to.</param>
    public void LinearBackward(in NetworkStep step, float* source, float* dTarget, float* passed, float* dSource)
    {
        NetworkLayer layer = layout.Plan.Layers[step.Layer];
        int stride = LayeredNetworkLayout.Panel(layer.Inputs);
        StripProduct.MultiplyPanels<Linear>(
            prepared + layout.At(step.Layer).Backward,
            LayeredNetworkLayout.Padded(layer.Inputs),
            layer.Outputs,
            null,
            dTarget,
            LayeredNetworkLayout.Panel(layer.Outputs),
            rows,
            passed,
            stride,
            StripProduct.PanelWidth,
            null);
        int count = layer.Inputs * StripProduct.PanelWidth;
        for (int panel = 0; panel < Panels; panel++)
        {
            nint at = ((nint)panel * LayeredNetworkLayout.Panel(layout.Plan.Widths[step.Source]))
                + ((nint)layer.FirstInput * StripProduct.PanelWidth);
            float* from = passed + ((nint)panel * stride);
            if (step.Activates)
            {
                ActivationLoops.AddBackward(Activation, Leak, source + at, from, dSource + at, count);
            }
            else
            {
                GateLoops.Add(dSource + at, from, null, dSource + at, count);
            }
        }
    }

    /// <summary>The gradients of the source and of what is added, which are added to.</summary>
    public void AddBackward(
        in NetworkStep step, float* addend, float* gate, float* dTarget, float* dSource, float* dAddend, float* dGate)
    {
        int width = layout.Plan.Widths[step.Target];
        int count = LayeredNetworkLayout.Padded(width) * StripProduct.PanelWidth;
        for (int panel = 0; panel < Panels; panel++)
        {
            nint at = (nint)panel * LayeredNetworkLayout.Panel(width);
            GateLoops.Add(dSource + at, dTarget + at, null, dSource + at, count);
            switch (step.Kind)
            {
                case NetworkStepKind.AddActivated:
                    ActivationLoops.AddBackward(Activation, Leak, addend + at, dTarget + at, dAddend + at, count);
                    break;
                case NetworkStepKind.AddGated:
                    GateLoops.Backward(addend + at, gate + at, dTarget + at, dAddend + at, dGate + at, count);
                    break;
                default:
                    GateLoops.Add(dAddend + at, dTarget + at, null, dAddend + at, count);
                    break;
            }
        }
    }
}
