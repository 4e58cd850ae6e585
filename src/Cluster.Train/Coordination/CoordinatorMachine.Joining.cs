using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>Workers that say hello and ask to join: compared with the job, and admitted or refused.</summary>
internal sealed partial class CoordinatorMachine
{
    private void Greet(ActorAddress from, WorkerHello hello)
    {
        if (!hello.Tasks.Contains(_settings.Definition.Task))
        {
            var reason = $"the job's task '{_settings.Definition.Task}' is not among this worker's ({string.Join(", ", hello.Tasks)})";
            TellOfRefusal(hello.Name, reason);
            Tell(from, new JoinRefused(reason));
            return;
        }

        var isMember = Generation?.Roster.Find(hello.WorkerId) is not null;
        if (isMember && Phase is Running running && hello.Past?.Generation != running.Generation.Roster.Generation && IsKnown(from, hello.WorkerId))
        {
            // It has taken its place since it said so: this hello was under way for long.
            Stale++;
            return;
        }

        var before = _workers.Greet(hello, from, _now);
        if (from != before)
        {
            if (before != ActorAddress.Nobody)
            {
                Do(new Effect.Unwatch(before));
            }

            Do(new Effect.Watch(hello.WorkerId, from));
        }

        Offer(from, hello.WorkerId);
        if (isMember)
        {
            Recover($"{hello.Name} lost its place and asks for another", suspect: null);
        }
        else if (Phase is Recovering recovering)
        {
            Answered(recovering, hello.WorkerId);
        }
    }

    private void Join(ActorAddress from, JoinRequest request)
    {
        if (!_workers.Knows(request.WorkerId))
        {
            Tell(from, new HelloWanted("the coordinator does not know this worker"));
            return;
        }

        if (JoinCheck.Refusal(_jobHash, _settings.Build, _workers.Reference?.Replica, request.Replica) is { } reason)
        {
            Refuse(request.WorkerId, reason);
            return;
        }

        if (_meetings.LeftOut(request.WorkerId, _workers.Name(request.WorkerId), request.Replica.Endpoint, _now) is { Ticks: > 0 } left)
        {
            StandBy(request, left);
        }

        Follow(_workers.Desk.Take(request));
    }

    /// <summary>One that comes again where it could not be reached waits for the next try, and says so.</summary>
    private void StandBy(JoinRequest request, TimeSpan left)
    {
        var name = _workers.Name(request.WorkerId);
        var reason = Invariant($"the others could not reach {name} at {request.Replica.Endpoint} a while ago, and try again in {left.TotalSeconds:0} s: check --advertise, and that no firewall is between them");
        Notice($"{name} stands by: {reason}");
        Tell(request.WorkerId, new StandBy(reason));
    }

    private void Follow(IEnumerable<JoinStep> steps)
    {
        // Nobody joins a job that has ended with the refusal of another.
        foreach (var step in steps.Where(step => _workers.Knows(step.WorkerId) && Phase is not Over))
        {
            switch (step)
            {
                case JoinStep.Admit admitted:
                    Admit(admitted.Request);
                    break;
                case JoinStep.Refuse refused:
                    RefuseTensors(refused);
                    break;
                case JoinStep.Ask wanted:
                    Tell(wanted.WorkerId, new TensorsWanted(wanted.First));
                    break;
            }
        }
    }

    private void Admit(JoinRequest request)
    {
        _workers.Admit(request);
        _distrusted.Remove(request.WorkerId);
        Do(new Effect.Log($"{_workers.Name(request.WorkerId)} is ready ({request.Replica.Device})"));
        MembershipChanged();
    }

    /// <summary>A worker could not make its replica: one that fails by its task would fail everywhere, one that lacks its data is alone with it.</summary>
    private void OpeningFailed(WorkerFault fault)
    {
        if (fault.Kind == FaultKind.BadInput && _settings.MemberLoss == MemberLoss.EndsJob)
        {
            Fail(new BadInputException(fault.Message));
        }
        else if (fault.Kind == FaultKind.Task && _job is null)
        {
            Fail(new TrainingFaultException(fault.Message));
        }
        else
        {
            Refuse(fault.WorkerId, fault.Message);
        }
    }

    /// <summary>
    /// Once steps are done, those that did them are right. Before, only the user can know which of two is: the result must not
    /// depend on who came first.
    /// </summary>
    private void RefuseTensors(JoinStep.Refuse refused)
    {
        var (first, name) = (_workers.Reference?.WorkerId ?? "", _workers.Name(refused.WorkerId));
        var reason = _workers.Knows(first) ? $"{refused.Reason} (compared with {_workers.Name(first)}, which was ready first)" : refused.Reason;
        var proven = _job is not null || (_workers.Knows(first) && _workers.Hello(first).Past?.JobHash == _jobHash);
        Refuse(refused.WorkerId, reason);
        if (!proven)
        {
            Fail(new BadInputException($"the workers do not start from the same state, and nothing tells which of them is right; {name}: {reason}"));
        }
    }

    private void Refuse(string workerId, string reason)
    {
        var (name, worker) = (_workers.Name(workerId), _workers.Address(workerId));
        TellOfRefusal(name, reason);
        Tell(worker, new JoinRefused(reason));
        Do(new Effect.Unwatch(worker));
        _workers.Remove(workerId);
        if (_settings.MemberLoss == MemberLoss.EndsJob)
        {
            Fail(new BadInputException($"{name} cannot join: {reason}"));
        }
    }

    /// <summary>Who waits for workers wants to know that some came in vain.</summary>
    private void TellOfRefusal(string name, string reason)
    {
        if (Phase is Gathering gathering)
        {
            Phase = gathering with { Refused = gathering.Refused + 1, LastRefusal = $"{name}: {reason}" };
        }

        Notice($"{name} was refused: {reason}");
    }
}
