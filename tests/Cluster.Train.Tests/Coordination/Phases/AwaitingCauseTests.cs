using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

public sealed class AwaitingCauseTests
{
    private readonly MachineRig _rig = Drive.Running(settings => settings with { MemberLoss = MemberLoss.EndsJob });

    public AwaitingCauseTests()
    {
        _rig.Faults("a", FaultKind.ExchangeLost, "A waited in vain", suspect: 2);
        _rig.Became("awaitingcause", "wait Phase 2");
    }

    [Fact]
    public void It_is_awaited_of_members_that_take_their_places_too()
    {
        var rig = Drive.Preparing(settings => settings with { MemberLoss = MemberLoss.EndsJob });

        rig.Faults("a", FaultKind.ExchangeLost, "A waited in vain", suspect: 2);

        rig.Became("awaitingcause", "wait Phase 2");
    }

    [Fact]
    public void Whoever_is_the_cause_says_the_reason()
    {
        _rig.Faults("c", FaultKind.Task, "the loss is not a number");

        _rig.Led("over", "fail TrainingFaultException: the loss is not a number", "tell a: job over: the loss is not a number", "end");
    }

    [Fact]
    public void What_the_user_gave_may_be_the_cause()
    {
        _rig.Faults("c", FaultKind.BadInput, "the file is damaged");

        _rig.Led("over", "fail BadInputException: the file is damaged", "end");
    }

    [Theory]
    [InlineData(FaultKind.ExchangeLost)]
    [InlineData(FaultKind.Unreached)]
    internal void Others_that_wait_in_vain_know_no_better(FaultKind kind)
    {
        _rig.Passes(1);

        _rig.Faults("b", kind, "B waited in vain", suspect: 2);

        _rig.Became("awaitingcause");
        Assert.Equal("Phase 1", _rig.WaitsLeft);
    }

    [Fact]
    public void Where_nobody_says_more_the_first_word_is_the_reason()
    {
        _rig.Passes(1.9);
        _rig.Became("awaitingcause");

        _rig.Passes(0.1);

        _rig.Led("over", "fail TrainingFaultException: A waited in vain", "end");
    }

    [Fact]
    public void A_worker_that_ends_is_the_cause()
    {
        _rig.Gone("c");

        _rig.Led("over", "fail TrainingFaultException: C ended unexpectedly", "end");
    }

    [Fact]
    public void Steps_that_were_done_meanwhile_count_no_more()
    {
        _rig.Complete("b", 1);

        _rig.Became("awaitingcause");
        Assert.Equal(1, _rig.Stale);
    }

    [Fact]
    public void A_stop_waits_for_the_cause()
    {
        _rig.Happens(new CoordinatorEvent.StopAsked());

        _rig.Became("awaitingcause");
        Assert.Equal("Phase 2", _rig.WaitsLeft);
    }
}
