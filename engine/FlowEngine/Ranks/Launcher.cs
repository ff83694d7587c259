namespace FlowEngine.Ranks;

/// <summary>A program that starts the ranks.</summary>
public enum Launcher
{
    /// <summary>Open MPI's mpirun.</summary>
    OpenMpi,

    /// <summary>The mpirun of MPICH and of what stems from it, or another that speaks its protocol, PMI.</summary>
    Mpich,

    /// <summary>Slurm's srun.</summary>
    Slurm,

    /// <summary>PyTorch's torchrun, which starts processes but brings no MPI: theirs is <see cref="NcclCommunicator"/>.</summary>
    Torchrun,
}
