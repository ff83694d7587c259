namespace FlowEngine.Architecture;

/// <summary>What a kind of model takes.</summary>
public enum DataKind
{
    /// <summary>Images in grey levels.</summary>
    Images,

    /// <summary>Vectors: rows of a table, or images taken as one vector.</summary>
    Vectors,
}
