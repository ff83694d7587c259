namespace FlowEngine.Execution;

/// <summary>A plan on loan; weights do not change until it is given back.</summary>
/// <param name="plan">The plan.</param>
/// <param name="pool">Where it goes back to.</param>
/// <param name="readLock">The entered lock that excludes changes of the weights.</param>
internal readonly ref struct PlanLease(FlowPlan plan, PlanPool pool, ReaderWriterLockSlim readLock)
{
    public FlowPlan Plan => plan;

    public void Dispose()
    {
        try
        {
            pool.Return(plan);
        }
        finally
        {
            readLock.ExitReadLock();
        }
    }
}
