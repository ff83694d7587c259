using FlowEngine.Kernels;
using FlowEngine.Kernels.Reference;
using Xunit;

namespace FlowEngine.Tests.Backends;

public abstract partial class BackendTests
{
    private static readonly PhiloxKey _key = new(0x0123_4567_89AB_CDEF, 5, 7);

    [Fact]
    public void PhiloxUniform_starts_with_the_known_block()
    {
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView destination = buffers.Output(4);
        Backend.PhiloxUniform(new PhiloxKey(0, 0, 0), [0], 4, destination);
        uint[] words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
        double[] expected = [.. words.Select(word => (word >> 8) / (double)(1 << 24))];
        Agreement.AssertSameBits("uniform", expected, buffers.Read(destination));
    }

    [Fact]
    public void PhiloxUniform_is_the_same_bits_as_the_reference()
    {
        using var judge = new OperationBuffers(Judge, seed: 1);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        uint[] indices = [3, 0, uint.MaxValue, 60_000];
        for (int elements = 0; elements <= 70; elements++)
        {
            BufferView expected = judge.Output(4L * elements);
            BufferView actual = buffers.Output(4L * elements);
            Judge.PhiloxUniform(_key, indices, elements, expected);
            Backend.PhiloxUniform(_key, indices, elements, actual);
            Agreement.AssertSameBits("uniform", judge.Read(expected), buffers.Read(actual));
        }

        Assert.True(buffers.GuardsAreUntouched());
    }

    [Fact]
    public void PhiloxNormal_is_the_reference_in_the_same_type_within_a_few_units()
    {
        using IBackend same = Backend.ElementType == ElementType.Float64
            ? new ReferenceBackend<double>()
            : new ReferenceBackend<float>();
        using var judge = new OperationBuffers(same, seed: 1);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        foreach (int elements in new[] { 1, 2, 3, 4, 5, 7, 31, 64, 65, 40_001 })
        {
            BufferView expected = judge.Output(2L * elements);
            BufferView actual = buffers.Output(2L * elements);
            same.PhiloxNormal(_key, [9, 4], elements, expected);
            Backend.PhiloxNormal(_key, [9, 4], elements, actual);
            double[] expectedValues = judge.Read(expected);
            double[] actualValues = buffers.Read(actual);
            for (int i = 0; i < expectedValues.Length; i++)
            {
                double error = Math.Abs(actualValues[i] - expectedValues[i]);
                Assert.True(error <= 10 * BackendEpsilon * Math.Max(1, Math.Abs(expectedValues[i])), $"normal [{i}]");
            }
        }

        Assert.True(buffers.GuardsAreUntouched());
    }

    [Fact]
    public void Philox_depends_on_the_item_and_not_on_its_row()
    {
        const int Elements = 37;
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView together = buffers.Output(3 * Elements);
        BufferView alone = buffers.Output(Elements);
        Backend.PhiloxNormal(_key, [11, 12, 13], Elements, together);
        Backend.PhiloxNormal(_key, [13], Elements, alone);
        Agreement.AssertSameBits(
            "normal of item 13", buffers.Read(together.Slice(2 * Elements, Elements)), buffers.Read(alone));

        // Neighboring streams have nothing in common.
        double[] values = buffers.Read(alone);
        PhiloxKey[] others = [_key with { Seed = 1 }, _key with { Purpose = 6 }, _key with { Epoch = 8 }];
        foreach (PhiloxKey other in others)
        {
            Backend.PhiloxNormal(other, [13], Elements, alone);
            Assert.Empty(values.Intersect(buffers.Read(alone)));
        }
    }

    [Fact]
    public void Philox_numbers_have_the_moments_of_their_distributions()
    {
        const int Count = 200_000;
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView destination = buffers.Output(Count);
        Backend.PhiloxUniform(_key, [1], Count, destination);
        double[] uniform = buffers.Read(destination);
        Assert.All(uniform, value => Assert.True(value is >= 0 and < 1));
        AssertMoments(uniform, [1 / 2.0, 1 / 3.0, 1 / 4.0, 1 / 5.0], [1 / 3.0, 1 / 5.0, 1 / 7.0, 1 / 9.0]);

        Backend.PhiloxNormal(_key, [1], Count, destination);
        AssertMoments(buffers.Read(destination), [0, 1, 0, 3], [1, 3, 15, 105]);
        Assert.True(Backend.IsFinite(destination));
    }

    [Fact]
    public void Dequantize_stays_inside_its_level()
    {
        // As many draws as make the ends of u likely: u below or above the margin once in 8192 of them.
        const int Elements = 1 << 17;
        using var buffers = new OperationBuffers(Backend, seed: 1);
        BufferView x = buffers.Output(Elements);
        byte[] levels = new byte[Elements];
        for (int bins = 2; bins <= 256; bins = bins < 8 ? bins + 1 : bins < 240 ? bins + 29 : bins + 1)
        {
            for (int i = 0; i < Elements; i++)
            {
                levels[i] = (byte)(i / 4 % bins);
            }

            Backend.Dequantize(_key, levels, [(uint)bins], bins, x);
            double[] values = buffers.Read(x);
            for (int i = 0; i < Elements; i++)
            {
                int inDouble = (int)Math.Floor((values[i] + 0.5) * bins);
                int inFloat = (int)MathF.Floor(((float)values[i] + 0.5f) * bins);
                if (inDouble != levels[i] || inFloat != levels[i] || values[i] is not (>= -0.5 and < 0.5))
                {
                    Assert.Fail($"level {levels[i]} of {bins} became {values[i]:R}");
                }
            }
        }
    }

    [Fact]
    public void Dequantize_is_the_same_bits_as_the_reference_in_the_same_type()
    {
        using IBackend same = Backend.ElementType == ElementType.Float64
            ? new ReferenceBackend<double>()
            : new ReferenceBackend<float>();
        using var judge = new OperationBuffers(same, seed: 1);
        using var buffers = new OperationBuffers(Backend, seed: 1);
        uint[] indices = [3, 0, 60_000];
        foreach (int bins in new[] { 2, 3, 5, 17, 32, 100, 255, 256 })
        {
            foreach (int elements in new[] { 1, 2, 3, 4, 5, 31, 64, 65, 3001 })
            {
                byte[] levels = [.. Enumerable.Range(0, 3 * elements).Select(i => (byte)(i * 7 % bins))];
                BufferView expected = judge.Output(levels.Length);
                BufferView actual = buffers.Output(levels.Length);
                same.Dequantize(_key, levels, indices, bins, expected);
                Backend.Dequantize(_key, levels, indices, bins, actual);
                Agreement.AssertSameBits($"{bins} bins", judge.Read(expected), buffers.Read(actual));
            }
        }

        Assert.True(buffers.GuardsAreUntouched());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 10)]
    [InlineData(17, 192)]
    public void Inputs_of_steps_that_are_sent_ahead_are_dequantized_as_levels_that_are_handed_over(int batch, int dims)
    {
        const int Bins = 17;
        using var buffers = new OperationBuffers(Backend, seed: 1);
        using StepInput input = Backend.CreateStepInput(batch, dims, conditionLength: 3);
        BufferView expected = buffers.Output(batch * dims);
        BufferView actual = buffers.Output(batch * dims);
        for (int step = 0; step < 7; step++)
        {
            byte[] levels = [.. Enumerable.Range(0, batch * dims).Select(i => (byte)((i + (5 * step)) % Bins))];
            uint[] indices = [.. Enumerable.Range(0, batch).Select(i => (uint)((i * 7) + step))];
            PhiloxKey key = _key with { Epoch = (uint)step };
            levels.CopyTo(input.Levels);
            indices.CopyTo(input.Indices);
            float[] conditions = [.. Enumerable.Range(0, batch * 3).Select(i => (i * 0.5f) - step)];
            conditions.CopyTo(input.Conditions);
            input.Send(key, 0.25 * step);
            Backend.Dequantize(input, Bins, actual);
            Backend.Dequantize(key, levels, indices, Bins, expected);
            Agreement.AssertSameBits($"step {step}", buffers.Read(expected), buffers.Read(actual));
            Assert.Equal(0.25 * step, buffers.Read(input.Rate)[0]);
            Assert.Equal(Array.ConvertAll(conditions, value => (double)value), buffers.Read(input.SentConditions));
        }

        Assert.True(buffers.GuardsAreUntouched());
    }

    // Each of the first four moments within five standard errors, from the moments of twice the order.
    private static void AssertMoments(double[] values, double[] moments, double[] doubled)
    {
        for (int order = 1; order <= 4; order++)
        {
            double moment = values.Average(value => Math.Pow(value, order));
            double variance = doubled[order - 1] - (moments[order - 1] * moments[order - 1]);
            double error = Math.Abs(moment - moments[order - 1]);
            Assert.True(error <= 5 * Math.Sqrt(variance / values.Length), $"moment {order} is {moment}");
        }
    }
}
