using System.Runtime.InteropServices;
using System.Text;

using FlowEngine.Checkpoints;
using FlowEngine.Interop;
using FlowEngine.Kernels.Cpu;
using FlowEngine.Models;

namespace FlowEngine.Fuzz;

/// <summary>Flows of other libraries: a description, a byte of 0, and the weights.</summary>
/// <param name="name">Its name.</param>
internal sealed class ForeignTarget(string name) : Target(name)
{
    private static readonly (string Description, byte[] Weights)[] _sound =
    [
        (
            """
            {"library":"zuko","class":"zuko.flows.NSF","arguments":{"bins":2,"slope":0.001},"features":2,"context":1,
            "base":{"class":"BoxUniform","arguments":{"lower":-1,"upper":[1,2.5]}}}
            """,
            State(
                ("transform.transforms.0.order", [2], [0, 1]),
                ("transform.transforms.0.hyper.0.weight", [2, 3], [0]),
                ("transform.transforms.0.hyper.0.bias", [2], [0.5f]),
                ("transform.transforms.0.hyper.2.weight", [10, 2], [0]),
                ("transform.transforms.0.hyper.2.bias", [10], [0.5f]))),
        (
            """
            {"library":"nflows","features":2,"context":0,"transforms":[{"class":"ActNorm"},
            {"class":"PointwiseAffineTransform"},{"class":"LULinear","arguments":{"eps":0.001}},
            {"class":"AffineCouplingTransform","network":{"class":"ResidualNet","arguments":{"activation":"tanh"}}}],
            "base":"DiagonalNormal"}
            """,
            State(
                ("_transform._transforms.0.log_scale", [2], [0]),
                ("_transform._transforms.0.shift", [2], [0.5f]),
                ("_transform._transforms.1._scale", [1], [2]),
                ("_transform._transforms.1._shift", [2], [0.5f]),
                ("_transform._transforms.2.lower_entries", [1], [0]),
                ("_transform._transforms.2.upper_entries", [1], [0]),
                ("_transform._transforms.2.unconstrained_upper_diag", [2], [0]),
                ("_transform._transforms.2.bias", [2], [0.5f]),
                ("_transform._transforms.3.identity_features", [1], [0]),
                ("_transform._transforms.3.transform_features", [1], [1]),
                ("_transform._transforms.3.transform_net.initial_layer.weight", [2, 1], [0]),
                ("_transform._transforms.3.transform_net.initial_layer.bias", [2], [0.5f]),
                ("_transform._transforms.3.transform_net.blocks.0.linear_layers.0.weight", [2, 2], [0]),
                ("_transform._transforms.3.transform_net.blocks.0.linear_layers.0.bias", [2], [0.5f]),
                ("_transform._transforms.3.transform_net.blocks.0.linear_layers.1.weight", [2, 2], [0]),
                ("_transform._transforms.3.transform_net.blocks.0.linear_layers.1.bias", [2], [0.5f]),
                ("_transform._transforms.3.transform_net.final_layer.weight", [2, 2], [0]),
                ("_transform._transforms.3.transform_net.final_layer.bias", [2], [0.5f]),
                ("_distribution.mean_", [1, 2], [0.5f]),
                ("_distribution.log_std_", [1, 2], [0.5f]))),
        (
            """
            {"library":"normflows","features":2,"context":0,"flows":[{"class":"MaskedAffineFlow","t":{"class":"MLP",
            "arguments":{"leaky":0.1}}},{"class":"Permute","arguments":{"mode":"swap"}},{"class":"AffineConstFlow"}],
            "base":{"class":"Uniform","arguments":{"low":-1,"high":1}}}
            """,
            State(
                ("flows.0.b", [1, 2], [0, 1]),
                ("flows.0.t.net.0.weight", [2, 2], [0]),
                ("flows.0.t.net.0.bias", [2], [0.5f]),
                ("flows.0.t.net.2.weight", [2, 2], [0]),
                ("flows.0.t.net.2.bias", [2], [0.5f]),
                ("flows.2.s", [1, 2], [0]),
                ("flows.2.t", [1, 2], [0.5f]))),
        (
            """
            {"flow_type":"coupling_flow","nn_depth":1,"nn_width":2,"flow_layers":1,"invert":true,"cond_dim":null,
            "standardize":true,"transformer_type":"affine","data_mean":[0.5,2],"data_std":[1,0]}
            """,
            Leaves([2], [2], [1, 2, 1], [1, 2], [1, 2, 2], [1, 2])),
    ];

    private readonly CpuBackend _backend = new(1);
    private readonly TokenText _descriptions = new([.. _sound.Select(one => one.Description)]);

    public override void Make(Dice dice, Output output)
    {
        int which = dice.Below(_sound.Length);
        _descriptions.Write(dice, which, dice.OneIn(3) ? 0 : dice.Below(4), output);
        output.Add(0);
        output.Add(_sound[which].Weights);
        if (dice.OneIn(3))
        {
            ByteEdits.Apply(dice, output);
        }
    }

    public override void Read(ReadOnlyMemory<byte> input)
    {
        int end = input.Span.IndexOf((byte)0);
        end = end < 0 ? input.Length : end;
        string description = Encoding.UTF8.GetString(input.Span[..end]);
        string library = ForeignFlow.Libraries.FirstOrDefault(
            library => description.Contains($"\"{library}\"", StringComparison.Ordinal), ForeignFlow.Libraries[^1]);
        using MemoryStream weights = Stream(input[Math.Min(end + 1, input.Length)..]);
        using Model model = ForeignFlow.Load(weights, _backend, library, description);
    }

    public override void Dispose()
    {
        _backend.Dispose();
        base.Dispose();
    }

    private static byte[] State(params (string Name, long[] Shape, float[] Values)[] tensors)
    {
        using MemoryStream stream = new();
        SafetensorsFile.Write(
            stream, [.. tensors.Select(one => new NamedTensor(one.Name, Repeated(one.Shape, one.Values), one.Shape))]);
        return stream.ToArray();
    }

    private static byte[] Leaves(params long[][] shapes)
    {
        using MemoryStream stream = new();
        foreach (long[] shape in shapes)
        {
            byte[] header = Encoding.ASCII.GetBytes(
                $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({string.Join(", ", shape)}{(shape.Length == 1 ? "," : string.Empty)}), }}\n");
            stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0]);
            stream.Write(header);
            stream.Write(MemoryMarshal.AsBytes<float>(Repeated(shape, [0.5f])));
        }

        return stream.ToArray();
    }

    private static float[] Repeated(long[] shape, float[] values) =>
        [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(i => values[i % values.Length])];
}
