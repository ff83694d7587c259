namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    private sealed class ZeroConvolution(ZeroConvolutionShape convolution) : INetwork
    {
        public long PreparedLength(bool backward) => 0;

        public void Prepare(in NetworkWeights weights)
        {
        }

        public long KeptLength(ImageShape image) => 0;

        public long WorkspaceLength(ImageShape image, bool backward) => 0;

        public void Forward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView output,
            BufferView kept,
            BufferView workspace)
        {
            ZeroConvolutionParameters parameters = ZeroConvolutionParameters.Of(convolution, weights.Parameters);
            (int inputs, int outputs, bool outsideReadsOne) = convolution;
            ArgumentOutOfRangeException.ThrowIfNotEqual(image.Channels, inputs, nameof(image));
            double[] weight = WideArray(parameters.Weight, outputs * Taps * inputs);
            double[] bias = WideArray(parameters.Bias, outputs);
            double[] scale = Scales(parameters.LogScale, outputs, 3);
            Span<T> result = Elements(output, (long)image.Pixels * outputs);
            for (int p = 0; p < image.Pixels; p++)
            {
                double[] patch = Patch(image, x, inputs, p, outsideReadsOne ? 1 : 0);
                for (int o = 0; o < outputs; o++)
                {
                    result[(p * outputs) + o] = Round(scale[o] * (Dot(weight, o, patch) + bias[o]));
                }
            }
        }

        public void Backward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            BufferView dOutput,
            BufferView dx,
            BufferView workspace)
        {
            ZeroConvolutionParameters parameters = ZeroConvolutionParameters.Of(convolution, weights.Parameters);
            ZeroConvolutionParameters gradients = ZeroConvolutionParameters.Of(convolution, weights.Gradients);
            (int inputs, int outputs, bool outsideReadsOne) = convolution;
            ArgumentOutOfRangeException.ThrowIfNotEqual(image.Channels, inputs, nameof(image));
            double[] weight = WideArray(parameters.Weight, outputs * Taps * inputs);
            double[] bias = WideArray(parameters.Bias, outputs);
            double[] scale = Scales(parameters.LogScale, outputs, 3);
            Span<T> gradient = Elements(dOutput, (long)image.Pixels * outputs);
            double[] dWeight = new double[weight.Length];
            double[] dBias = new double[outputs];
            double[] dLogScale = new double[outputs];
            double[] dInput = new double[image.Pixels * inputs];
            double[] dPatch = new double[Taps * inputs];
            for (int p = 0; p < image.Pixels; p++)
            {
                double[] patch = Patch(image, x, inputs, p, outsideReadsOne ? 1 : 0);
                Array.Clear(dPatch);
                for (int o = 0; o < outputs; o++)
                {
                    double dc = scale[o] * Wide(gradient[(p * outputs) + o]);
                    dLogScale[o] += 3 * dc * (Dot(weight, o, patch) + bias[o]);
                    dBias[o] += dc;
                    AddScaled(patch, dc, dWeight, o);
                    for (int i = 0; i < dPatch.Length; i++)
                    {
                        dPatch[i] += weight[(o * dPatch.Length) + i] * dc;
                    }
                }

                ScatterPatch(image, dPatch, inputs, p, dInput);
            }

            AddAll(dWeight, Elements(gradients.Weight, dWeight.Length));
            AddAll(dBias, Elements(gradients.Bias, outputs));
            AddAll(dLogScale, Elements(gradients.LogScale, outputs));
            if (!dx.IsEmpty)
            {
                AddAll(dInput, Elements(dx, image.Length));
            }
        }
    }
}
