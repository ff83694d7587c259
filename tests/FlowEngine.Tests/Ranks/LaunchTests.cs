using FlowEngine.Ranks;
using Xunit;

namespace FlowEngine.Tests.Ranks;

/// <summary>Where launchers say that a process stands.</summary>
public sealed class LaunchTests
{
    [Fact]
    public void Each_launcher_is_known_by_its_variables()
    {
        Assert.Equal(
            new Launch(Launcher.OpenMpi, 3, 8, 1, 2),
            Find("OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=8 OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2 PMI_RANK=9"));
        Assert.Equal(new Launch(Launcher.Mpich, 1, 2, 1, 2), Find("PMI_RANK=1 PMI_SIZE=2 MPI_LOCALRANKID=1 MPI_LOCALNRANKS=2"));
        Assert.Equal(new Launch(Launcher.Mpich, 5, 8, 1, null), Find("PMI_RANK=5 PMI_SIZE=8 SLURM_LOCALID=1"));
        Assert.Equal(
            new Launch(Launcher.Slurm, 6, 8, 2, null),
            Find("SLURM_PROCID=6 SLURM_STEP_NUM_TASKS=8 SLURM_LOCALID=2 SLURM_STEP_TASKS_PER_NODE=4(x2)"));
        Assert.Equal(
            new Launch(Launcher.Torchrun, 7, 16, 3, 4), Find("RANK=7 WORLD_SIZE=16 LOCAL_RANK=3 LOCAL_WORLD_SIZE=4"));
        Assert.Equal(
            new Launch(Launcher.Torchrun, 7, 16, 3, 4),
            Find("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4 RANK=7 WORLD_SIZE=16 LOCAL_RANK=3 LOCAL_WORLD_SIZE=4 TORCHELASTIC_RUN_ID=1"));
    }

    [Fact]
    public void A_GPU_without_a_number_is_that_of_the_place_on_the_machine()
    {
        Launch launch = new(Launcher.OpenMpi, 5, 8, 1, 4);
        Assert.Equal(["cuda:1", "cuda:3", "cpu"], new[] { "cuda", "cuda:3", "cpu" }.Select(launch.DeviceOf));
    }

    [Theory]
    [InlineData("")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=8 SLURM_LOCALID=0")]
    [InlineData("RANK=1")]
    [InlineData("RANK=x WORLD_SIZE=2")]
    public void A_process_that_nobody_launched_stands_by_itself(string variables) => Assert.Null(Find(variables));

    [Fact]
    public void A_rank_beyond_their_number_is_refused()
    {
        FlowException error = Assert.Throws<FlowException>(() => Find("PMI_RANK=2 PMI_SIZE=2"));
        Assert.Equal("PMI_RANK is 2, expected less than PMI_SIZE, 2", error.Message);
    }

    private static Launch? Find(string variables)
    {
        var known = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return Launch.Find(name => known.GetValueOrDefault(name));
    }
}
