using Akka.Actor;
using Akka.Event;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>Workers that ask to join: compared with the job, and admitted or refused.</summary>
internal sealed partial class CoordinatorActor
{
    private int _refused;
    private string? _lastRefusal;

    private void Join(JoinRequest request)
    {
        if (!_workers.Knows(request.WorkerId))
        {
            Sender.Tell(new HelloWanted("the coordinator does not know this worker"));
            return;
        }

        if (JoinCheck.Refusal(_job, _settings.Build, _workers.Reference?.Replica, request.Replica) is { } reason)
        {
            Refuse(request.WorkerId, reason);
            return;
        }

        if (_aside.Left(AsideKey(request.WorkerId, request.Replica.Endpoint), Now) is { Ticks: > 0 } left)
        {
            Refuse(request.WorkerId, Invariant($"the others could not reach it at {request.Replica.Endpoint} a while ago, and it is tried again in {left.TotalSeconds:0} s: check --advertise, and that no firewall is between them"));
            return;
        }

        Follow(_workers.Desk.Take(request));
    }

    private void Follow(IEnumerable<JoinStep> steps)
    {
        // Nobody joins a job that has ended with the refusal of another.
        foreach (var step in steps.Where(step => _workers.Knows(step.WorkerId) && !_completion.Task.IsCompleted))
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
                    _workers.Ref(wanted.WorkerId).Tell(new TensorsWanted(wanted.First));
                    break;
            }
        }
    }

    private void Admit(JoinRequest request)
    {
        _workers.Admit(request);
        _distrusted.Remove(request.WorkerId);
        _log.Info("{0} is ready ({1})", _workers.Name(request.WorkerId), request.Replica.Device);
        MembershipChanged();
    }

    /// <summary>
    /// Once steps are done, those that did them are right. Before, only the user can know which of two is: the result must not
    /// depend on who came first.
    /// </summary>
    private void RefuseTensors(JoinStep.Refuse refused)
    {
        var (first, name) = (_workers.Reference!.WorkerId, _workers.Name(refused.WorkerId));
        var reason = _workers.Knows(first) ? $"{refused.Reason} (compared with {_workers.Name(first)}, which was ready first)" : refused.Reason;
        var proven = _run is not null || (_workers.Knows(first) && _workers.Hello(first).Past?.JobHash == _job);
        Refuse(refused.WorkerId, reason);
        if (!proven && !_settings.InProcess)
        {
            Fail(new BadInputException($"the workers do not start from the same state, and nothing tells which of them is right; {name}: {reason}"));
        }
    }

    private void Refuse(string workerId, string reason)
    {
        var (name, worker) = (_workers.Name(workerId), _workers.Ref(workerId));
        TellOfRefusal(name, reason);
        worker.Tell(new JoinRefused(reason));
        Context.Unwatch(worker);
        _workers.Remove(workerId);
        if (_settings.InProcess)
        {
            Fail(new BadInputException($"{name} cannot join: {reason}"));
        }
    }

    /// <summary>Who waits for workers wants to know that some came in vain.</summary>
    private void TellOfRefusal(string name, string reason)
    {
        _refused++;
        _lastRefusal = $"{name}: {reason}";
        _services.Observer.OnNotice($"{name} was refused: {reason}");
    }
}
