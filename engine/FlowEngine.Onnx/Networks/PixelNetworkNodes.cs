using FlowEngine.Kernels;
using FlowEngine.Layers;
using FlowEngine.Onnx.Format;

namespace FlowEngine.Onnx.Networks;

/// <summary>The nodes of a <see cref="PixelNetworkShape"/>.</summary>
internal sealed class PixelNetworkNodes(Network network, PixelNetworkShape shape, ImageShape image, Translation translation)
    : NetworkNodes(network, translation)
{
    public override OnnxValue Apply(OnnxValue x)
    {
        if (shape.Conditions > 0)
        {
            OnnxValue condition = Translation.Condition!.Value
                .Reshape(0, shape.Conditions, 1, 1)
                .Expand(Translation.Graph.Integers(1, 1, image.Height, image.Width));
            x = Translation.Graph.Concat(1, condition, x);
        }

        OnnxValue hidden = Hidden(x, "conv1", shape.InputChannels, 3);
        hidden = Hidden(hidden, "conv2", shape.Hidden, 1);
        return OutputConvolution(
            hidden, "conv3.", shape.Hidden, shape.OutputChannels, shape.OutsideReadsOne);
    }

    private OnnxValue Hidden(OnnxValue x, string name, int inputs, int size)
    {
        string norm = shape.InnerActNorm ? $"{name}.actnorm" : name;
        double[] scale = shape.InnerActNorm ? Scale($"{norm}.log_scale") : [.. Enumerable.Repeat(1.0, shape.Hidden)];
        return x.Convolve(
            Constant($"{name}.weight", () => Scaled(Read($"{name}.weight"), scale), shape.Hidden, inputs, size, size),
            Constant($"{norm}.bias", () => Scaled(Read($"{norm}.bias"), scale), shape.Hidden),
            margin: size / 2).Relu();
    }
}
