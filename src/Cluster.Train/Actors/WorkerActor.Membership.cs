using Akka.Actor;
using Cluster.Train.Members;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors;

/// <summary>What a coordinator may ask of a worker that follows it.</summary>
internal sealed partial class WorkerActor
{
    private void ReceiveMembership()
    {
        ReceiveFromCoordinator<PrepareGeneration>(Prepare);
        ReceiveFromCoordinator<EndGeneration>(end =>
        {
            _runtime.Abort(end.Generation, end.Reason);
            if (end.Generation >= _generation)
            {
                _stage = WorkerStage.Joining;
            }

            _coordinator.Tell(new GenerationEnded(_identity.WorkerId, end.Generation, _runtime.Held));
        });
        // The coordinator knows the worker, but not its replica: what it said of it was lost.
        ReceiveFromCoordinator<JobOffer>(offer =>
        {
            if (!_opening)
            {
                _runtime.Abort(_generation, "the coordinator offers the job anew");
                Open(offer);
            }
        });
        ReceiveFromCoordinator<TensorsWanted>(wanted =>
        {
            if (_initial is { } initial && wanted.First >= 0 && wanted.First < initial.Tensors.Length)
            {
                _coordinator.Tell(new MoreTensors(_identity.WorkerId, initial.Page(wanted.First)));
            }
        });
        ReceiveFromCoordinator<JoinRefused>(Refused);
        ReceiveFromCoordinator<HelloWanted>(wanted => Lose(wanted.Reason));
        ReceiveFromCoordinator<EndJob>(end => End(new WorkerOutcome(end.Completed, end.Reason)));
        Receive<SayPresent>(_ => _coordinator.Tell(new WorkerPresent(_identity.WorkerId, _generation, _stage, _leaving)));
        Receive<CoordinatorGone>(gone =>
        {
            if (gone.Coordinator.Equals(_coordinator))
            {
                Lose("the coordinator is gone");
            }
        });
        Receive<Leave>(_ =>
        {
            _leaving = true;
            _coordinator.Tell(new LeaveRequest(_identity.WorkerId));
        });
        ReceiveEnd();
    }

    private void ReceiveEnd()
    {
        // Before it follows one, whichever coordinator says so knows that the job is over.
        Receive<EndJob>(_ => _coordinator.IsNobody(), end => End(new WorkerOutcome(end.Completed, end.Reason)));
        Receive<Failed>(failed =>
        {
            if (failed.Generation == _generation)
            {
                _coordinator.Tell(MemberFaults.Describe(_identity.WorkerId, _identity.Name, _generation, failed.Error));
            }
        });
        Receive<SayHello>(_ => { });
        Receive<SayPresent>(_ => { });
        Receive<CoordinatorGone>(_ => { });
        Receive<WaitedTooLong>(_ => { });
    }

    private void Prepare(PrepareGeneration generation)
    {
        if (generation.Generation <= _generation || _opening)
        {
            _stale++;
            return;
        }

        _runtime.Abort(_generation, Invariant($"generation {generation.Generation} begins"));
        if (generation.Roster.Find(_identity.WorkerId) is null)
        {
            // It holds a part of the state with which the others begin.
            _runtime.Serve(generation);
            return;
        }

        (_generation, _stage, _nextStep) = (generation.Generation, WorkerStage.Preparing, generation.FirstStep);
        Become(Training);
        var coordinator = _coordinator;
        var self = Self;
        _runtime.PrepareAsync(generation, message => coordinator.Tell(message, self)).PipeTo(
            Self,
            success: () => new Prepared(generation.Generation),
            failure: error => new Failed(error, generation.Generation));
    }
}
