using System.Globalization;

namespace FlowEngine.Ranks;

/// <summary>The place of this process among those that a launcher started, by the variables that it set.</summary>
/// <param name="Launcher">Who set them.</param>
/// <param name="Rank">This process, from 0.</param>
/// <param name="Size">The number of processes.</param>
/// <param name="LocalRank">This process among those of its machine, from 0.</param>
/// <param name="LocalSize">The processes of its machine; null where the launcher does not say.</param>
public sealed record Launch(Launcher Launcher, int Rank, int Size, int LocalRank, int? LocalSize)
{
    // What a batch script sees beside srun, SLURM_NTASKS, would say the same of a process that nobody launched.
    private static readonly (Launcher Launcher, string Rank, string Size, string LocalRank, string LocalSize)[] _known =
    [
        (Launcher.OpenMpi, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"),
        (Launcher.Mpich, "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
        (Launcher.Slurm, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_STEP_TASKS_PER_NODE"),
        (Launcher.Torchrun, "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"),
    ];

    /// <summary>The place that the variables of this process say; null where no launcher set them.</summary>
    /// <exception cref="FlowException">A rank is not below the number of ranks.</exception>
    public static Launch? Find() => Find(Environment.GetEnvironmentVariable);

    /// <summary>The device of this process: a kind of GPU without a number is the one of its place on the machine.</summary>
    /// <param name="name">As a user names it.</param>
    public string DeviceOf(string name) => name is "cuda" or "opencl" ? $"{name}:{LocalRank}" : name;

    /// <summary>The place that some variables say.</summary>
    /// <param name="variable">From a name to a value, or null.</param>
    internal static Launch? Find(Func<string, string?> variable)
    {
        // Where srun starts torchrun, the variables of both are there, and torchrun started the process.
        bool isOfTorchrun = variable("TORCHELASTIC_RUN_ID") is not null;
        foreach ((Launcher launcher, string rankName, string sizeName, string localRank, string localSize) in _known.Where(
            known => !isOfTorchrun || known.Launcher == Launcher.Torchrun))
        {
            if (Number(rankName) is int rank && Number(sizeName) is int size)
            {
                return rank < size
                    ? new Launch(launcher, rank, size, Number(localRank) ?? Number("SLURM_LOCALID") ?? 0, Number(localSize))
                    : throw new FlowException(
                        FlowErrorKind.InvalidArgument, $"{rankName} is {rank}, expected less than {sizeName}, {size}");
            }
        }

        return null;

        int? Number(string name) =>
            int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
    }
}
