using System.Reflection;
using FlowEngine.Kernels;
using Xunit;

namespace FlowEngine.Tests.Backends;

public sealed class BackendContractTests
{
    // What a network or a stage of one kind needs stands at an object of its own: see IBackend.GetNetwork.
    private const int MostMembers = 64;

    [Fact]
    public void IBackend_has_few_members()
    {
        MemberInfo[] members =
        [
            .. typeof(IBackend).GetProperties(),
            .. typeof(IBackend).GetMethods().Where(method => !method.IsSpecialName),
        ];
        Assert.True(
            members.Length <= MostMembers,
            $"{members.Length} members: {string.Join(", ", members.Select(member => member.Name))}");
    }

    public static TheoryData<NetworkShape> NetworkShapes =>
    [
        new PixelNetworkShape(3, 5, 7, InnerActNorm: true, OutsideReadsOne: false),
        new PixelNetworkShape(3, 17, 2, InnerActNorm: false, OutsideReadsOne: true, Conditions: 1),
        new DenseNetworkShape(4, 33, 2, 5, IsAutoregressive: false),
        new DenseNetworkShape(7, 20, 1, 8, IsAutoregressive: true, Conditions: 3),
        new ResidualNetworkShape(2, 9, 2, 6),
        new ZeroConvolutionShape(5, 4, OutsideReadsOne: false),
    ];

    [Theory]
    [MemberData(nameof(NetworkShapes), DisableDiscoveryEnumeration = true)]
    public void The_parameters_of_a_network_fill_their_array(NetworkShape shape)
    {
        Assert.Equal(shape.ParametersLength, shape.Parameters.Sum(parameter => (parameter.Length + 15L) / 16 * 16));
        Assert.Distinct(shape.Parameters.Select(parameter => parameter.Name));
    }
}
