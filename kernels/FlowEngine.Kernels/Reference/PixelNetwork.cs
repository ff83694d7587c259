using FlowEngine.Kernels.Networks;

namespace FlowEngine.Kernels.Reference;

public sealed partial class ReferenceBackend<T>
{
    // Layouts: taps (B, P, 9, O); kept h₁ then h₂, (B, P, N) each; prepared W₁' (N, 9, I), b₁', W₂' (N, N), b₂',
    // W₃' (N, 9, O), b₃' and border (9, O), what a tap outside the image adds: Σ_i W₃'[i, tap, o], or 0.
    private sealed class PixelNetwork(ReferenceBackend<T> backend, PixelNetworkShape shape) : TapNetwork(backend, shape)
    {
        private readonly ReferenceBackend<T> _backend = backend;

        public override long PreparedLength(bool backward) => new Prepared(Shape, default).Length;

        public override void Prepare(in NetworkWeights weights)
        {
            (int inputs, int hidden, int outputs, _, bool outsideReadsOne, _) = Shape;
            PixelNetworkParameters parameters = PixelNetworkParameters.Of(Shape, weights.Parameters);
            var layout = new Prepared(Shape, weights.Prepared);
            double[] scale1 = Scales(parameters.LogScale1, hidden, 1);
            double[] scale2 = Scales(parameters.LogScale2, hidden, 1);
            double[] scale3 = Scales(parameters.LogScale3, outputs, 3);
            double[] weight1 = WideArray(parameters.Weight1, hidden * Taps * inputs);
            double[] weight2 = WideArray(parameters.Weight2, hidden * hidden);
            double[] weight3 = WideArray(parameters.Weight3, hidden * Taps * outputs);
            for (int i = 0; i < weight1.Length; i++)
            {
                weight1[i] *= scale1[i / (Taps * inputs)];
            }

            for (int i = 0; i < weight2.Length; i++)
            {
                weight2[i] *= scale2[i / hidden];
            }

            double[] border = new double[Taps * outputs];
            for (int i = 0; i < weight3.Length; i++)
            {
                weight3[i] *= scale3[i % outputs];
                border[i % border.Length] += outsideReadsOne ? weight3[i] : 0;
            }

            Store(weight1, layout.Weight1);
            Store(weight2, layout.Weight2);
            Store(weight3, layout.Weight3);
            Store(border, layout.Border);
            Store([.. WideArray(parameters.Bias1, hidden).Zip(scale1, (b, s) => b * s)], layout.Bias1);
            Store([.. WideArray(parameters.Bias2, hidden).Zip(scale2, (b, s) => b * s)], layout.Bias2);
            Store([.. WideArray(parameters.Bias3, outputs).Zip(scale3, (b, s) => b * s)], layout.Bias3);
        }

        public override long KeptLength(ImageShape image) => 2L * image.Pixels * Shape.Hidden;

        public override void Backward(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView kept,
            BufferView dOutput,
            BufferView dx,
            BufferView workspace)
        {
            (int inputs, int hidden, int outputs, bool innerActNorm, bool outsideReadsOne, _) = Shape;
            PixelNetworkParameters parameters = PixelNetworkParameters.Of(Shape, weights.Parameters);
            PixelNetworkParameters gradients = PixelNetworkParameters.Of(Shape, weights.Gradients);
            int rowLength = Taps * outputs;
            var layout = new Prepared(Shape, weights.Prepared);
            double[] weight1 = WideArray(layout.Weight1, hidden * Taps * inputs);
            double[] weight2 = WideArray(layout.Weight2, hidden * hidden);
            double[] weight3 = WideArray(layout.Weight3, hidden * rowLength);
            double[] operand1 = _backend.Operands(weight1);
            double[] operand2 = _backend.Operands(weight2);
            double[] operand3 = _backend.Operands(weight3);
            double[] dWeight1 = new double[weight1.Length];
            double[] dWeight2 = new double[weight2.Length];
            double[] dWeight3 = new double[weight3.Length];
            double[] dBias1 = new double[hidden];
            double[] dBias2 = new double[hidden];
            double[] dBias3 = new double[outputs];
            double[] dBorder = new double[rowLength];
            Span<T> keptElements = Elements(kept, KeptLength(image));
            Span<T> h1 = keptElements[..(image.Pixels * hidden)];
            Span<T> h2 = keptElements[(image.Pixels * hidden)..];
            Span<T> gradient = Elements(dOutput, (long)image.Pixels * outputs);
            double[] dTaps = new double[rowLength];
            double[] dh1 = new double[hidden];
            double[] dPatch = new double[Taps * inputs];
            double[] dInput = new double[image.Pixels * inputs];
            for (int p = 0; p < image.Pixels; p++)
            {
                // The tap value of pixel p and tap t was added to the output at p - t, whose opposite tap 8 - t reads p.
                for (int tap = 0; tap < Taps; tap++)
                {
                    int target = Neighbor(image, p, Taps - 1 - tap);
                    bool outside = Neighbor(image, p, tap) < 0;
                    for (int o = 0; o < outputs; o++)
                    {
                        dTaps[(tap * outputs) + o] = target < 0 ? 0 : _backend.Operand(Wide(gradient[(target * outputs) + o]));
                        dBorder[(tap * outputs) + o] += outside ? Wide(gradient[(p * outputs) + o]) : 0;
                    }
                }

                for (int o = 0; o < outputs; o++)
                {
                    dBias3[o] += _backend.Operand(Wide(gradient[(p * outputs) + o]));
                }

                Array.Clear(dh1);
                for (int n = 0; n < hidden; n++)
                {
                    double kept2 = Wide(h2[(p * hidden) + n]);
                    AddScaled(dTaps, kept2, dWeight3, n);
                    double dc2 = kept2 > 0 ? _backend.Operand(Dot(operand3, n, dTaps)) : 0;
                    dBias2[n] += dc2;
                    for (int m = 0; m < hidden; m++)
                    {
                        dWeight2[(n * hidden) + m] += dc2 * Wide(h1[(p * hidden) + m]);
                        dh1[m] += operand2[(n * hidden) + m] * dc2;
                    }
                }

                double[] patch = _backend.Operands(Patch(image, x, inputs, p, 0));
                Array.Clear(dPatch);
                for (int n = 0; n < hidden; n++)
                {
                    double dc1 = Wide(h1[(p * hidden) + n]) > 0 ? _backend.Operand(dh1[n]) : 0;
                    dBias1[n] += dc1;
                    AddScaled(patch, dc1, dWeight1, n);
                    for (int i = 0; i < dPatch.Length; i++)
                    {
                        dPatch[i] += operand1[(n * dPatch.Length) + i] * dc1;
                    }
                }

                ScatterPatch(image, dPatch, inputs, p, dInput);
            }

            // A tap outside the image reads 1 from every hidden channel.
            for (int n = 0; n < hidden && outsideReadsOne; n++)
            {
                AddScaled(dBorder, 1, dWeight3, n);
            }

            Span<T> inputGradient = ElementsOrNone(dx, image.Length);
            for (int i = 0; i < dInput.Length && !inputGradient.IsEmpty; i++)
            {
                Add(ref inputGradient[(i / inputs * image.Channels) + (i % inputs)], dInput[i]);
            }

            double[] scale1 = Scales(parameters.LogScale1, hidden, 1);
            double[] scale2 = Scales(parameters.LogScale2, hidden, 1);
            double[] scale3 = Scales(parameters.LogScale3, outputs, 3);
            double[] dLogScale1 = WideArray(layout.Bias1, hidden).Zip(dBias1, (b, d) => b * d).ToArray();
            double[] dLogScale2 = WideArray(layout.Bias2, hidden).Zip(dBias2, (b, d) => b * d).ToArray();
            double[] dLogScale3 = WideArray(layout.Bias3, outputs).Zip(dBias3, (b, d) => b * d).ToArray();
            UnfoldScales(weight1, dWeight1, i => i / (Taps * inputs), scale1, dLogScale1);
            UnfoldScales(weight2, dWeight2, i => i / hidden, scale2, dLogScale2);
            UnfoldScales(weight3, dWeight3, i => i % outputs, scale3, dLogScale3);
            AddAll(dWeight1, Elements(gradients.Weight1, dWeight1.Length));
            AddAll(dWeight2, Elements(gradients.Weight2, dWeight2.Length));
            AddAll(dWeight3, Elements(gradients.Weight3, dWeight3.Length));
            AddAll([.. dBias1.Zip(scale1, (d, s) => d * s)], Elements(gradients.Bias1, hidden));
            AddAll([.. dBias2.Zip(scale2, (d, s) => d * s)], Elements(gradients.Bias2, hidden));
            AddAll([.. dBias3.Zip(scale3, (d, s) => d * s)], Elements(gradients.Bias3, outputs));
            AddAll([.. dLogScale3.Select(d => 3 * d)], Elements(gradients.LogScale3, outputs));
            if (innerActNorm)
            {
                AddAll(dLogScale1, Elements(gradients.LogScale1, hidden));
                AddAll(dLogScale2, Elements(gradients.LogScale2, hidden));
            }
        }

        public override void Statistics(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            int layer,
            BufferView mean,
            BufferView deviation,
            BufferView kept,
            BufferView workspace)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(layer, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(layer, 2);
            int hidden = Shape.Hidden;
            var layout = new Prepared(Shape, weights.Prepared);
            double[] weight1 = _backend.Operands(WideArray(layout.Weight1, hidden * Taps * Shape.InputChannels));
            double[] weight2 = _backend.Operands(WideArray(layout.Weight2, hidden * hidden));
            double[] bias1 = WideArray(layout.Bias1, hidden);
            double[] values = new double[image.Pixels * hidden];
            double[] h1 = new double[hidden];
            for (int p = 0; p < image.Pixels; p++)
            {
                double[] patch = _backend.Operands(Patch(image, x, Shape.InputChannels, p, 0));
                for (int n = 0; n < hidden; n++)
                {
                    double c1 = Dot(weight1, n, patch);
                    values[(p * hidden) + n] = c1;
                    h1[n] = _backend.Operand(Rectify(bias1[n] + c1));
                }

                for (int n = 0; n < hidden && layer == 2; n++)
                {
                    values[(p * hidden) + n] = Dot(weight2, n, h1);
                }
            }

            StoreStatistics(values, hidden, mean, deviation);
        }

        protected override long TapsLength(ImageShape image) => (long)image.Pixels * Taps * Shape.OutputChannels;

        protected override long ScratchLength(ImageShape image, bool backward) => 0;

        protected override void RunToTaps(
            ImageShape image,
            in NetworkWeights weights,
            BufferView x,
            BufferView taps,
            BufferView kept,
            BufferView scratch)
        {
            int hidden = Shape.Hidden;
            var layout = new Prepared(Shape, weights.Prepared);
            double[] weight1 = _backend.Operands(WideArray(layout.Weight1, hidden * Taps * Shape.InputChannels));
            double[] weight2 = _backend.Operands(WideArray(layout.Weight2, hidden * hidden));
            double[] weight3 = _backend.Operands(WideArray(layout.Weight3, hidden * Taps * Shape.OutputChannels));
            double[] bias1 = WideArray(layout.Bias1, hidden);
            double[] bias2 = WideArray(layout.Bias2, hidden);
            Span<T> keptElements = ElementsOrNone(kept, KeptLength(image));
            Span<T> tapElements = Elements(taps, TapsLength(image));
            double[] h1 = new double[hidden];
            double[] h2 = new double[hidden];
            double[] values = new double[Taps * Shape.OutputChannels];
            for (int p = 0; p < image.Pixels; p++)
            {
                double[] patch = _backend.Operands(Patch(image, x, Shape.InputChannels, p, 0));
                for (int n = 0; n < hidden; n++)
                {
                    h1[n] = _backend.Operand(Rectify(bias1[n] + Dot(weight1, n, patch)));
                }

                for (int n = 0; n < hidden; n++)
                {
                    h2[n] = _backend.Operand(Rectify(bias2[n] + Dot(weight2, n, h1)));
                }

                Array.Clear(values);
                for (int i = 0; i < weight3.Length; i++)
                {
                    values[i % values.Length] += weight3[i] * h2[i / values.Length];
                }

                for (int i = 0; i < values.Length; i++)
                {
                    tapElements[(p * values.Length) + i] = Round(values[i]);
                }

                for (int n = 0; n < hidden && !keptElements.IsEmpty; n++)
                {
                    keptElements[(p * hidden) + n] = Round(h1[n]);
                    keptElements[((image.Pixels + p) * hidden) + n] = Round(h2[n]);
                }
            }
        }

        public override void AddTaps(
            ImageShape image, in NetworkWeights weights, BufferView taps, BufferView output)
        {
            int outputs = Shape.OutputChannels;
            var layout = new Prepared(Shape, weights.Prepared);
            double[] bias = WideArray(layout.Bias3, outputs);
            double[] border = WideArray(layout.Border, Taps * outputs);
            Span<T> tapElements = Elements(taps, TapsLength(image));
            Span<T> result = Elements(output, (long)image.Pixels * outputs);
            for (int p = 0; p < image.Pixels; p++)
            {
                for (int o = 0; o < outputs; o++)
                {
                    double sum = bias[o];
                    for (int tap = 0; tap < Taps; tap++)
                    {
                        int q = Neighbor(image, p, tap);
                        sum += q < 0
                            ? border[(tap * outputs) + o]
                            : Wide(tapElements[(((q * Taps) + tap) * outputs) + o]);
                    }

                    result[(p * outputs) + o] = Round(sum);
                }
            }
        }

        protected override IPixelStage CreateStage(CouplingKind kind) => new PixelStage(_backend, this, kind);

        // From dW' to dW = e^ls dW', adding ⟨W', dW'⟩ of each channel to dls.
        private static void UnfoldScales(
            double[] folded, double[] dFolded, Func<int, int> channelOf, double[] scales, double[] dLogScale)
        {
            for (int i = 0; i < folded.Length; i++)
            {
                int channel = channelOf(i);
                dLogScale[channel] += folded[i] * dFolded[i];
                dFolded[i] *= scales[channel];
            }
        }

        private readonly record struct Prepared(PixelNetworkShape Network, BufferView View)
        {
            public BufferView Weight1 => View.Slice(0, Length1);

            public BufferView Bias1 => View.Slice(Length1, Hidden);

            public BufferView Weight2 => View.Slice(Length1 + Hidden, Hidden * Hidden);

            public BufferView Bias2 => View.Slice(Length1 + Hidden + (Hidden * Hidden), Hidden);

            public BufferView Weight3 => View.Slice(Start3, Hidden * Taps * Outputs);

            public BufferView Bias3 => View.Slice(Start3 + (Hidden * Taps * Outputs), Outputs);

            public BufferView Border => View.Slice(Start3 + (((Hidden * Taps) + 1) * Outputs), Taps * Outputs);

            public long Length => Start3 + (((Hidden * Taps) + 1 + Taps) * Outputs);

            private long Hidden => Network.Hidden;

            private long Outputs => Network.OutputChannels;

            private long Length1 => Hidden * Taps * Network.InputChannels;

            private long Start3 => Length1 + (Hidden * (Hidden + 2));
        }
    }
}
