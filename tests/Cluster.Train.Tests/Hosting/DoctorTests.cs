using Cluster.Train.Hosting.Doctor;

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

    [Fact]
    public void The_class_of_bits_and_whether_portable_holds_are_told()
    {
        var findings = NumericsChecks.Run(question => new NumericsChecks.Answer(0, question switch
        {
            NumericsChecks.Question.Usual => "1-2\n",
            NumericsChecks.Question.Portable => "9-9\n",
            _ => "1-2-3\n4.5 1.5\n",
        }, ""));

        Assert.Equal([FindingState.Good, FindingState.Good, FindingState.Good], findings.Select(finding => finding.State));
        Assert.StartsWith("class 1-2 on ", findings[0].Fact, StringComparison.Ordinal);
        Assert.StartsWith("holds", findings[1].Fact, StringComparison.Ordinal);
        Assert.Equal(("--precision bf16", "a layer of 512 by 512 takes 4.5 ms in float32, 1.5 ms in bf16: 3.0 times as fast"), (findings[2].Subject, findings[2].Fact));
    }

    [Fact]
    public void Where_portable_cannot_hold_the_reason_and_what_to_do_are_told()
    {
        var findings = NumericsChecks.Run(question => question == NumericsChecks.Question.Portable ? new(2, "", "error: --portable cannot hold here: why; do that\n") : null);

        Assert.Equal(new Finding(FindingState.Bad, "numerics", "nothing came out in 60 s", "see what the other lines say"), findings[0]);
        Assert.Equal(new Finding(FindingState.Limited, "--portable", "--portable cannot hold here: why", "do that"), findings[1]);
    }

    [Fact]
    public void This_machine_runs_these_tests_so_it_can_train()
    {
        var findings = MachineChecks.Run();

        Assert.DoesNotContain(findings, finding => finding.State == FindingState.Bad);
        Assert.Contains(findings, finding => finding is { Subject: "libtorch", State: FindingState.Good });
        Assert.All(findings, finding => Assert.DoesNotContain('\n', finding.Fact));
    }

    [Fact]
    public void A_folder_for_shared_memory_that_is_missing_is_a_remark_with_a_remedy()
    {
        var finding = MachineChecks.SharedMemory("/no/such/folder");

        Assert.Equal(FindingState.Limited, finding.State);
        Assert.NotNull(finding.Remedy);
    }
}
