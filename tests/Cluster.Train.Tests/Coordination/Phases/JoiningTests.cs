using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Who says hello and asks to join, while workers are gathered.</summary>
public sealed class JoiningTests
{
    private readonly MachineRig _rig = Drive.Gathering();

    [Fact]
    public void A_worker_that_says_hello_is_watched_and_offered_the_job_and_once_more_where_the_offer_was_lost()
    {
        _rig.Hello("a");
        _rig.Became("gathering", "watch a", "tell a: offer");

        _rig.Hello("a");

        _rig.Became("gathering", "tell a: offer");
    }

    [Fact]
    public void A_worker_whose_actor_system_was_restarted_is_watched_at_its_new_address()
    {
        _rig.Hello("a");

        _rig.Says("elsewhere", StubMessages.Hello("a"));
        _rig.Became("gathering", "unwatch a", "watch a at elsewhere", "tell elsewhere: offer");

        _rig.Gone("a");
        _rig.Became("gathering");
    }

    [Fact]
    public void A_worker_without_the_task_is_refused()
    {
        _rig.Says("a", StubMessages.Hello("a") with { Tasks = ["xor", "mnist"] });

        const string Reason = "the job's task 'stub' is not among this worker's (xor, mnist)";
        _rig.Became("gathering", $"notice: A was refused: {Reason}", $"tell a: refused: {Reason}");
    }

    [Fact]
    public void Who_asks_to_join_without_a_hello_is_to_say_it()
    {
        _rig.Join("a");

        _rig.Became("gathering", "tell a: hello wanted: the coordinator does not know this worker");
    }

    [Theory]
    [InlineData("gathering", MemberLoss.IsRecovered)]
    [InlineData("over", MemberLoss.EndsJob)]
    internal void A_worker_of_another_build_is_refused_which_ends_a_job_in_one_process(string phase, MemberLoss loss)
    {
        var rig = Drive.Gathering(settings => settings with { MemberLoss = loss });
        rig.Hello("a");

        rig.Says("a", StubMessages.Join("a", [], [], StubMessages.Replica with { Build = "another" }));

        rig.Led(phase, "notice: A was refused: …", "tell a: refused: …", "unwatch a");
        if (phase == "over")
        {
            rig.Led(phase, "fail BadInputException: A cannot join: …", "end");
        }
        else
        {
            rig.Present("a", WorkerStage.Joining);
            rig.Became(phase, "tell a: hello wanted: the coordinator has put this worker out of its generation");
        }
    }

    [Fact]
    public void Data_that_differs_from_that_of_the_first_is_refused()
    {
        _rig.Arrive("a");
        _rig.Hello("b");

        _rig.Says("b", StubMessages.Join("b", [], [], StubMessages.Replica with { DataFingerprint = "other" }));

        _rig.Led("gathering", "notice: B was refused: data fingerprint differs: …", "tell b: refused: data fingerprint differs: …", "unwatch b");
    }

    [Fact]
    public void Tensors_that_did_not_fit_the_message_are_asked_for_and_admit_once_they_are_there()
    {
        var rig = Drive.Gathering(settings => settings with { Workers = 1, MinWorkers = 1 });
        rig.Hello("a");
        rig.Says("a", StubMessages.Join("a", [], []) with { Tensors = StubMessages.Page("weight", 0, total: 2) });
        rig.Became("gathering", "tell a: tensors from 1");

        rig.Says("a", new MoreTensors("a", StubMessages.Page("bias", 1, total: 2)));

        rig.Became("opening", "open 2 tensors");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_that_start_from_different_values_end_the_job_unless_one_had_a_part_in_it(bool proven)
    {
        _rig.Hello("a", proven ? StubMessages.Past(4, workers: 3) : null);
        _rig.Join("a");
        _rig.Hello("b");

        _rig.Says("b", StubMessages.Join("b", [], [], StubMessages.Replica with { InitialHash = "other" }) with { Tensors = StubMessages.Page("other") });

        const string Reason = "parameter layout differs: the job's model has 'weight' where this worker's has 'other'…";
        if (proven)
        {
            _rig.Became("gathering", $"notice: B was refused: {Reason}", $"tell b: refused: {Reason}", "unwatch b");
        }
        else
        {
            _rig.Led(
                "over", $"notice: B was refused: {Reason}", "unwatch b",
                "fail BadInputException: the workers do not start from the same state, and nothing tells which of them is right; B: parameter layout differs…");
        }
    }

    [Theory]
    [InlineData(FaultKind.Task, MemberLoss.IsRecovered, "over", "fail TrainingFaultException: no model")]
    [InlineData(FaultKind.BadInput, MemberLoss.EndsJob, "over", "fail BadInputException: no model")]
    [InlineData(FaultKind.BadInput, MemberLoss.IsRecovered, "gathering", "notice: A was refused: no model")]
    [InlineData(FaultKind.ExchangeLost, MemberLoss.IsRecovered, "gathering", "notice: A was refused: no model")]
    internal void A_worker_that_cannot_make_its_replica(FaultKind kind, MemberLoss loss, string phase, string effect)
    {
        var rig = Drive.Gathering(settings => settings with { MemberLoss = loss });
        rig.Hello("a");

        rig.Faults("a", kind, "no model", generation: 0);

        rig.Led(phase, effect);
    }

    [Fact]
    public void A_task_that_fails_for_a_newcomer_does_not_end_a_job_that_runs()
    {
        var rig = Drive.Running();
        rig.Hello("d");

        rig.Faults("d", FaultKind.Task, "no model", generation: 0);

        rig.Became("running", "notice: D was refused: no model", "tell d: refused: no model", "unwatch d");
    }

    [Fact]
    public void Who_is_not_known_says_so_in_vain()
    {
        _rig.Says("x", new WorkerFault("x", 0, FaultKind.Task, "no model"));

        _rig.Became("gathering", "tell x: hello wanted: the coordinator has put this worker out of its generation");
        Assert.Equal(1, _rig.Stale);
    }

    [Fact]
    public void A_notice_is_shown_once_whatever_its_numbers()
    {
        _rig.Arrive("a");

        _rig.Says("a", new WorkerNotice("a", 0, "loss 1 is large"));
        _rig.Became("gathering", "notice: loss 1 is large");
        _rig.Says("b", new WorkerNotice("b", 0, "loss 2 is large"));

        _rig.Became("gathering");
    }

    [Fact]
    public void A_worker_that_is_there_is_offered_the_job_again_until_it_is_ready()
    {
        _rig.Hello("a");
        _rig.Present("a", WorkerStage.Joining, generation: 0);
        _rig.Became("gathering", "tell a: offer");
        _rig.Join("a");

        _rig.Present("a", WorkerStage.Joining, generation: 0);

        _rig.Became("gathering");
    }

    [Fact]
    public void A_worker_whose_word_that_it_leaves_was_lost_says_it_again_with_its_presence()
    {
        _rig.Arrive("a");

        _rig.Present("a", WorkerStage.Joining, generation: 0, leaves: true);

        _rig.Became("gathering", "unwatch a", "tell a: job over: left in good order", "notice: A left in good order");
    }

    [Fact]
    public void Who_is_present_but_not_known_is_to_say_hello()
    {
        _rig.Present("x", WorkerStage.Ready, generation: 3);

        _rig.Became("gathering", "tell x: hello wanted: the coordinator has put this worker out of its generation");
    }

    [Fact]
    public void Words_of_a_generation_that_never_was_are_counted_and_their_sender_is_told()
    {
        _rig.Arrive("a");

        _rig.Says("a", new LeaseCompleted("a", 7, 1));
        _rig.Became("gathering");
        _rig.Says("x", new LeaseCompleted("x", 7, 1));

        _rig.Became("gathering", "tell x: hello wanted: the coordinator has put this worker out of its generation");
        Assert.Equal(2, _rig.Stale);
    }
}
