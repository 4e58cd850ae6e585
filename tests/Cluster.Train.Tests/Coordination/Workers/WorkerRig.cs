using System.Collections.Immutable;
using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Coordination.Phases;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Coordination.Workers;

/// <summary>A worker's machine, brought to a phase by what happens in a good run, and what coordinators say to it there.</summary>
internal sealed class WorkerRig
{
    internal const string Id = "w";

    /// <summary>The coordinator that it follows.</summary>
    internal const string First = "first";

    /// <summary>Another one.</summary>
    internal const string Second = "second";

    private readonly WorkerMachine _machine = new(Id, "W", TimeSpan.FromSeconds(120));
    private WorkerEffect[] _effects = [];

    internal long Stale => _machine.Stale;

    /// <summary>Its phase's name; a member is preparing or ready.</summary>
    internal string Phase => _machine.Phase switch
    {
        WorkerPhase.Member { Ready: true } => "ready",
        WorkerPhase.Member => "preparing",
        var phase => phase.GetType().Name.ToLowerInvariant(),
    };

    /// <summary>A worker that has said hello to nobody yet.</summary>
    internal static WorkerRig Searching()
    {
        var rig = new WorkerRig();
        rig.Happens(new WorkerEvent.Started());
        return rig;
    }

    internal static WorkerRig Opening()
    {
        var rig = Searching();
        rig.Says(First, Offer());
        return rig;
    }

    internal static WorkerRig Joining()
    {
        var rig = Opening();
        rig.Happens(Opened(1));
        return rig;
    }

    /// <summary>A member of generation 3 that takes its place; steps begin with 6.</summary>
    internal static WorkerRig Preparing()
    {
        var rig = Joining();
        rig.Says(First, Order(3, firstStep: 6));
        return rig;
    }

    internal static WorkerRig Ready()
    {
        var rig = Preparing();
        rig.Happens(new WorkerEvent.Prepared(3));
        return rig;
    }

    internal static WorkerRig In(string phase) => phase switch
    {
        "searching" => Searching(),
        "opening" => Opening(),
        "joining" => Joining(),
        "preparing" => Preparing(),
        _ => Ready(),
    };

    internal static JobOffer Offer(bool fresh = false) => new(StubMessages.Definition, fresh);

    /// <summary>A replica of three tensors.</summary>
    internal static WorkerEvent.Opened Opened(int number) => new(
        number, StubMessages.Replica,
        new InitialState([.. Enumerable.Range(0, 3).Select(i => new InitialTensor(new TensorEntry(Invariant($"t{i}"), [1], TensorRole.Trainable, i), Checksum: i))]),
        Remark: "");

    /// <summary>A generation of this worker and another, or of two others.</summary>
    internal static PrepareGeneration Order(int generation, long firstStep, bool member = true)
    {
        ImmutableArray<RosterMember> members =
        [
            new(0, member ? Id : "y", "W", new ShardRange(0, 2), new VectorSlice(0, 4), Endpoint: null),
            new(1, "x", "X", new ShardRange(2, 4), new VectorSlice(4, 4), Endpoint: null),
        ];
        return new PrepareGeneration(new Roster(generation, Topology.Sharded, "secret", members), firstStep, TotalSteps: 100, Holders: []);
    }

    internal static StepLease Lease(int generation, long first, long steps) => new(generation, first, steps, SnapshotKind.None, SealedStep: 0, Memo: null);

    internal static WorkerFault Fault(int generation) => new(Id, generation, FaultKind.Task, "it broke");

    internal void Happens(WorkerEvent happened) => _effects = _machine.Next(happened);

    internal void Says(string from, IWireMessage message) => Happens(new WorkerEvent.Heard(new ActorAddress(from), message));

    internal void Gone(string coordinator) => Happens(new WorkerEvent.Gone(new ActorAddress(coordinator)));

    internal void Rings(WorkerTimer timer) => Happens(new WorkerEvent.Rang(timer));

    /// <summary>Compares what the last event led to.</summary>
    internal void Became(string phase, params string[] effects) =>
        Assert.Equal(string.Join('\n', effects.Prepend(phase)), string.Join('\n', _effects.Select(Text).Prepend(Phase)));

    /// <summary>An effect in a line.</summary>
    private static string Text(WorkerEffect effect) => effect switch
    {
        WorkerEffect.Greet => "greet",
        WorkerEffect.Tell tell => $"tell {tell.To.Value}: {Text(tell.Message)}",
        WorkerEffect.AskToJoin ask => Invariant($"ask {ask.To.Value} to join with {ask.Tensors.Tensors.Length} of {ask.Tensors.Total} tensors"),
        WorkerEffect.TellEnded ended => Invariant($"tell {ended.To.Value}: has left {ended.Generation}"),
        WorkerEffect.Watch watch => $"watch {watch.Coordinator.Value}",
        WorkerEffect.Unwatch unwatch => $"unwatch {unwatch.Coordinator.Value}",
        WorkerEffect.Repeat repeat => Invariant($"{repeat.Timer} every {repeat.Interval.TotalSeconds} s{(repeat.AtOnce ? " from now on" : "")}"),
        WorkerEffect.Wait wait => Invariant($"{wait.Timer} in {wait.Length.TotalSeconds} s"),
        WorkerEffect.Cancel cancel => $"cancel {cancel.Timer}",
        WorkerEffect.Open open => Invariant($"open {open.Number}{(open.Offer.Fresh ? " anew" : "")}"),
        WorkerEffect.Prepare prepare => Invariant($"prepare {prepare.Generation.Generation} for {prepare.ReportsTo.Value}"),
        WorkerEffect.Serve serve => Invariant($"serve {serve.Generation.Generation}"),
        WorkerEffect.DoLease lease => Invariant($"do {lease.Lease.FirstStep}-{lease.Lease.End}"),
        WorkerEffect.Abort abort => Invariant($"abort {abort.Generation}: {abort.Reason}"),
        WorkerEffect.Warn warn => $"warn: {warn.Text}",
        WorkerEffect.Finish finish => $"finish {(finish.Outcome.Completed ? "completed" : "early")}: {finish.Outcome.Reason}",
        WorkerEffect.Fail fail => $"fail {fail.Error.GetType().Name}: {fail.Error.Message}",
        WorkerEffect.End => "end",
        _ => effect.ToString(),
    };

    private static string Text(IWireMessage message) => message switch
    {
        WorkerPresent present => Invariant($"present, {present.Stage} of {present.Generation}{(present.Leaves ? ", leaves" : "")}"),
        MoreTensors more => Invariant($"tensors from {more.Tensors.First}"),
        GenerationReady ready => Invariant($"ready for {ready.Generation}"),
        LeaveRequest => "wants to leave",
        WorkerFault fault => Invariant($"fault in {fault.Generation}: {fault.Message}"),
        _ => message.ToString()!,
    };
}
