using Cluster.Train.Doctor;

namespace Cluster.Train.Tests.Hosting;

public sealed class DoctorTests
{
    [Fact]
    public async Task A_machine_that_can_train_is_exit_code_0()
    {
        var run = await new HostRun { Findings = [new(FindingState.Good, "cores", "2"), new(FindingState.Limited, "memory", "1.0 GiB", "allow more")] }.RunLineAsync("doctor");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal("""
            ok    cores   2
            note  memory  1.0 GiB
                          → allow more
            This machine can train.

            """, run.Out, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task One_that_cannot_is_exit_code_2_and_a_remedy()
    {
        var run = await new HostRun { Findings = [new(FindingState.Bad, "libstdc++", "missing", "install it")] }.RunLineAsync("doctor");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("BAD   libstdc++  missing", run.Out, StringComparison.Ordinal);
        Assert.Contains("→ install it", run.Out, StringComparison.Ordinal);
        Assert.Contains("cannot train yet", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_task_it_says_how_much_memory_the_job_will_need()
    {
        var run = await new HostRun { Findings = [new(FindingState.Good, "cores", "2")] }.RunLineAsync("doctor mnist --model cnn --workers 2");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(("mnist", 2), (run.Engine.Asked!.Definition.Task, run.Engine.Asked.Workers));
        Assert.Equal("ok    cores  2\nok    mnist  this job needs about 1.19 GiB of memory\nThis machine can train mnist.\n", run.Out, ignoreLineEndingDifferences: true);
    }
}
