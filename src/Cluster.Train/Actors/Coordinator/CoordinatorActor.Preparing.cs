using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Cluster.Train.Exchange;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>Preparing a generation: the state to go on from, the roster, and the members that take their places.</summary>
internal sealed partial class CoordinatorActor
{
    private IDisposable? _watch;
    private Roster? _lastRoster;

    private TimeSpan PreparationTimeout => _settings.JoinTimeout;

    private void Preparing()
    {
        Receive<GenerationReady>(ready =>
        {
            if (IsCurrent(ready))
            {
                TakePlace(ready.WorkerId);
            }
        });
        Receive<OwnSliceReady>(ready =>
        {
            if (ready.Generation == _lastGeneration)
            {
                TakePlace("");
            }
        });
        Receive<OwnSliceFailed>(failed =>
        {
            if (failed.Generation == _lastGeneration)
            {
                Fault(MemberFaults.Describe("", "the coordinator", failed.Generation, failed.Error));
            }
        });
        ReceiveEndOfWait<HeardEnough>(MeetingTimer, JudgeMeeting);
        ReceiveEndOfWait<WaitedTooLong>(WaitTimer, () => PutOut(
            [.. _generation!.NotReady],
            Invariant($"waited {PreparationTimeout.TotalSeconds:0} s for {_workers.Names(_generation.NotReady)} to take a place in generation {_lastGeneration}")));
        ReceiveAlways();
    }

    private void FormGeneration()
    {
        var candidates = Candidates();
        if (candidates.Count < _settings.MinWorkers)
        {
            StartGathering();
            return;
        }

        var replica = _workers.Reference!.Replica;
        var holders = Holders();
        var point = RecoveryPlanner.Choose(holders, OptimizerLength(replica.ParameterLength));
        if (_services.NewestCheckpoint > point.Step && !_services.OwnSlice.Held.Any(held => held.Step == _services.NewestCheckpoint))
        {
            Enter(Phase.Opening);
            _services.Observer.OnNotice(Invariant($"{point.Reason}: returning to the checkpoint of step {_services.NewestCheckpoint}"));
            _services.LoadNewestCheckpointAsync().PipeTo(Self, success: () => StateOpened.Instance, failure: error => new ServiceFailed(error));
            return;
        }

        if (_run is null)
        {
            _run = new JobRun(
                _settings, replica, point.Step, _workers.Memos.FirstOrDefault(memo => memo.Step == point.Step), _services.Observer,
                Context.System.Scheduler)
            {
                Journal = _services.Journal,
            };
        }
        else if (_recovers || point.Step < _run.Ledger.CompletedSteps)
        {
            _run.Recovered(point.Step);
        }

        _recovers = false;
        _sealed = point.Step;
        Prepare(candidates, replica, holders, point);
    }

    private void Prepare(
        IReadOnlyList<Candidate> candidates, ReplicaDescription replica, IReadOnlyList<StateHolder> holders, RecoveryPoint point)
    {
        var topology = RosterPlanner.Resolve(_settings.Topology);
        var shards = _settings.Definition.Shards;
        // Workers drop what is not newer than all they have seen, of whatever coordinator and job.
        _lastGeneration = Math.Max(_lastGeneration, NewestPast) + 1;
        var roster = RosterPlanner.Plan(
            _lastGeneration, [.. candidates.Take(Math.Min(_settings.MaxWorkers, shards))], shards, topology, replica.VectorLength,
            RandomNumberGenerator.GetHexString(64, lowercase: true), _services.Endpoint);
        _log.Info("generation {0} begins at step {1}: {2}", _lastGeneration, point.Step, point.Reason);
        _lastRoster = roster;
        _generation = new GenerationRun(_settings, roster, point.Step, _run!.TotalSteps, _run.StepsPerEpoch);
        Enter(Phase.Preparing);
        Wait(WaitTimer, WaitedTooLong.Instance, PreparationTimeout);

        var prepare = new PrepareGeneration(
            roster, point.Step, _run.TotalSteps,
            [.. holders.Where(holder => holder.At(point.Step) is not null).Select(holder => holder with { Snapshots = [holder.At(point.Step)!] })]);
        _prepare = prepare;
        var (self, generation) = (Self, _lastGeneration);
        _watch?.Dispose();
        _watch = _services.Watch(roster, loss => self.Tell(new MemberLost(generation, loss)));
        // Those that stand by or leave are told, too: the members may need what they hold.
        foreach (var worker in _workers.Ready)
        {
            _workers.Ref(worker).Tell(prepare);
        }

        if (topology == Topology.Coordinator)
        {
            _services.OwnSlice.PrepareAsync(prepare, message => self.Tell(message)).PipeTo(
                Self,
                success: () => new OwnSliceReady(generation),
                failure: error => new OwnSliceFailed(error, generation));
        }
    }

    private void TakePlace(string workerId)
    {
        if (!_generation!.Ready(workerId))
        {
            return;
        }

        // Whoever wanted to leave was needed until now: its snapshot was part of the state.
        foreach (var leaver in _workers.Leaving)
        {
            Release(leaver);
        }

        Met();
        _run!.Begin(_generation);
        Enter(Phase.Running);
        MembershipChanged();
        GiveLeases();
    }

    private sealed record MemberLost(int Generation, PeerLoss Loss);

    private sealed record OwnSliceReady(int Generation);

    private sealed record OwnSliceFailed(Exception Error, int Generation);
}
