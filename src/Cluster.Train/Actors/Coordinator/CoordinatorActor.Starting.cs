using Akka.Actor;
using Cluster.Train.Checkpoints;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>The look into the checkpoint directory with which a coordinator begins, and the end of a job that is found to be done.</summary>
internal sealed partial class CoordinatorActor
{
    /// <summary>Workers that were told that the job is done.</summary>
    private readonly HashSet<string> _dismissed = [];
    private JobOutcome? _result;

    /// <summary>Checkpoints of this job that the run was not told to go on from; null for none.</summary>
    private string? _foreign;

    private void StartExamining()
    {
        Enter(Phase.Examining);
        _services.ExamineAsync(_settings.Succeeds).PipeTo(
            Self, success: start => new Examined(start), failure: error => new ServiceFailed(error));
    }

    /// <summary>Whoever comes in the meantime is taken note of.</summary>
    private void Examining()
    {
        Receive<Examined>(examined => Begin(examined.Start));
        ReceiveAlways();
    }

    private void Begin(CheckpointStart start)
    {
        if (start.Result is { } result)
        {
            Dismiss(result);
            return;
        }

        if (start.Verdict == ResumeVerdict.AskWorkers)
        {
            _foreign = start.Newest;
            _services.Observer.OnNotice(
                Invariant($"the checkpoint directory holds checkpoints of this job already, the newest is {start.Newest}: waiting {_settings.FormerWorkersPatience.TotalSeconds:0} s for workers that had a part in it; --resume goes on without them"));
        }

        StartGathering();
        Consider();
    }

    /// <summary>Nobody came of those that had a part in the job of the checkpoints: this is another run, which would mix its own with them.</summary>
    private bool AreForeign(bool takeover)
    {
        if (_foreign is null || takeover || _run is not null || Since(_gatheringSince) < _settings.FormerWorkersPatience)
        {
            return false;
        }

        Timers.Cancel(ConsiderTimer);
        Fail(new BadInputException(
            $"--checkpoint-dir holds checkpoints already, the newest is {_foreign}; go on from it with --resume or give another directory"));
        return true;
    }

    /// <summary>The job was done before: the workers that come are let go, and then it ends again.</summary>
    private void Dismiss(JobOutcome result)
    {
        _result = result;
        _services.Observer.OnNotice($"{result.Checkpoint} is the end of this job: nothing left to do");
        Enter(Phase.Done);
        foreach (var id in _workers.Ids.ToArray())
        {
            Dismiss(id, _workers.Ref(id));
        }

        if (_settings.InProcess || _dismissed.Count >= _settings.Workers)
        {
            FinishAgain();
        }
        else
        {
            Wait(WaitTimer, WaitedTooLong.Instance, _settings.FarewellPatience);
        }
    }

    private void Done()
    {
        ReceiveTicks();
        Receive<WorkerHello>(hello =>
        {
            Dismiss(hello.WorkerId, Sender);
            if (_dismissed.Count >= _settings.Workers)
            {
                FinishAgain();
            }
        });
        Receive<StatusRequest>(_ => Sender.Tell(Status()));
        ReceiveEndOfWait<WaitedTooLong>(WaitTimer, FinishAgain);
        Receive<StopJob>(_ => FinishAgain());
        ReceiveAny(_ => { });
    }

    private void Dismiss(string workerId, IActorRef worker)
    {
        _dismissed.Add(workerId);
        worker.Tell(new EndJob(Completed: true, "the job was done before"));
    }

    private void FinishAgain()
    {
        _completion.TrySetResult(_result!);
        EndWorkers(completed: true, "the job was done before");
    }

    private sealed record Examined(CheckpointStart Start);
}
