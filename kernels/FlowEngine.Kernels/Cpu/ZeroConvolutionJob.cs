namespace FlowEngine.Kernels.Cpu;

/// <summary>One panel of a zero convolution: forward if there is an output to write, else backward.</summary>
internal unsafe struct ZeroConvolutionJob : IJob
{
    public ZeroConvolutionShape Convolution;
    public ZeroConvolutionWorkspace Work;
    public ImageShape Image;
    public float* Workspace;
    public Planes Input;

    /// <summary>The output, or null in the backward pass.</summary>
    public float* Output;

    public Planes OutputGradient;
    public Planes PatchGradient;
    public bool WantsInputGradient;

    /// <summary>The superblock's first panel.</summary>
    public int FirstPanel;

    private readonly float Outside => Convolution.OutsideReadsOne ? 1 : 0;

    public readonly void Invoke(int index, int worker)
    {
        float* scratch = Workspace + Work.Workers + (worker * Work.WorkerLength);
        if (Output is not null)
        {
            Forward(index, scratch, scratch + ((nint)Work.PaddedPatch * StripProduct.PanelWidth));
        }
        else
        {
            Backward(index, scratch);
        }
    }

    private readonly int Pixels(int panel) =>
        (int)Math.Min(StripProduct.PanelWidth, Image.Pixels - ((long)panel * StripProduct.PanelWidth));

    private readonly void Forward(int panel, float* patches, float* outputs)
    {
        int pixels = Pixels(panel);
        Input.GatherPatches(Image, panel, false, Outside, patches);
        StripProduct.MultiplyPanels<Linear>(
            Workspace + Work.Strips,
            Work.PaddedOutputs,
            Work.Patch,
            Workspace + Work.Bias,
            patches,
            0,
            pixels,
            outputs,
            0,
            StripProduct.PanelWidth,
            null);
        float* to = Output + ((long)panel * StripProduct.PanelWidth * Convolution.OutputChannels);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int channel = 0; channel < Convolution.OutputChannels; channel++)
            {
                *to++ = outputs[(channel * StripProduct.PanelWidth) + pixel];
            }
        }
    }

    private readonly void Backward(int index, float* gradient)
    {
        int panel = FirstPanel + index;
        nint patchPanel = Work.PaddedPatch * StripProduct.PanelWidth;
        float* patches = Workspace + Work.Patches + (index * patchPanel);
        Input.GatherPatches(Image, panel, false, Outside, patches);
        int gathered = Work.Patch * StripProduct.PanelWidth;
        new Span<float>(patches + gathered, (int)patchPanel - gathered).Clear();

        OutputGradient.CopyPanel(Image.Pixels, panel, gradient);
        int copied = Convolution.OutputChannels * StripProduct.PanelWidth;
        new Span<float>(gradient + copied, (Work.PaddedOutputs * StripProduct.PanelWidth) - copied).Clear();
        if (WantsInputGradient)
        {
            StripProduct.MultiplyPanels<Linear>(
                Workspace + Work.Strips,
                Work.PaddedPatch,
                Convolution.OutputChannels,
                null,
                gradient,
                0,
                Pixels(panel),
                PatchGradient.Pointer + ((nint)panel * StripProduct.PanelWidth),
                0,
                PatchGradient.Stride,
                null);
        }

        PixelMajor.Turn(
            gradient,
            Work.PaddedOutputs,
            Workspace + Work.Turned + ((nint)index * StripProduct.PanelWidth * PixelMajor.Columns),
            Work.ColumnPanelLength,
            Workspace + Work.PanelSums + ((nint)index * Work.Columns));
    }
}
