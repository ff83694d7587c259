namespace FlowEngine.Compare;

/// <summary>What a comparison says of one benchmark.</summary>
internal enum Verdict
{
    /// <summary>No difference beyond the threshold and the noise.</summary>
    Same,

    /// <summary>No difference beyond the noise, which would hide a grave one: measure again on a quieter machine.</summary>
    Noisy,

    /// <summary>Faster beyond both.</summary>
    Faster,

    /// <summary>Slower beyond both: a failure.</summary>
    Slower,

    /// <summary>Only the head has it.</summary>
    New,

    /// <summary>Only the base has it: a failure, since a slowdown could hide so.</summary>
    Missing,
}
