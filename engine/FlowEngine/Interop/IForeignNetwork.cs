namespace FlowEngine.Interop;

/// <summary>The network of another library's coupling.</summary>
internal interface IForeignNetwork
{
    /// <summary>Puts a last map behind what the network gives.</summary>
    void Map(Func<LinearRows, LinearRows> map);

    /// <summary>What it is in a model.</summary>
    PlacedNetwork Dense();
}
