using Cluster.Train.Doctor;

namespace Cluster.Train.Tests.Doctor;

public sealed class MachineExaminationTests
{
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
        var findings = MachineExamination.Run();

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
