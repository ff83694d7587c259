namespace FlowEngine.Interop;

/// <summary>The network of another library's coupling or autoregressive transform.</summary>
internal interface IForeignNetwork
{
    /// <summary>Puts a last map behind what the network gives.</summary>
    void Map(Func<LinearRows, LinearRows> map);

    /// <summary>What it is in a model.</summary>
    PlacedNetwork Dense();

    /// <summary>What it is in a model, where the outputs of a dimension read the dimensions before it.</summary>
    /// <param name="dims">D: the inputs after the condition, input i of degree i + 1.</param>
    /// <param name="conditions">Inputs of degree 0, the first ones.</param>
    /// <exception cref="FlowException">An output reads its own dimension or one behind it.</exception>
    PlacedNetwork Masked(int dims, int conditions);
}
