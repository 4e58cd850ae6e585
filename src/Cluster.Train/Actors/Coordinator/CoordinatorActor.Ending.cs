using Akka.Actor;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>The end of a job: by its last step, by its user, or because it cannot go on.</summary>
internal sealed partial class CoordinatorActor
{
    private long _lastCheckpoint;

    /// <summary>No more steps are done; only a checkpoint is still to be written. Older ones may still fail or be passed over.</summary>
    private void Ending()
    {
        ReceiveTicks();
        Receive<StateCollected>(Collected);
        Receive<CheckpointSaved>(saved =>
        {
            Saved(saved);
            if (saved.Step != _lastCheckpoint)
            {
                return;
            }

            if (_lack is { } lack)
            {
                EndForLack($"{lack}; the checkpoint {saved.Path} holds what was done");
            }
            else
            {
                Finish();
            }
        });
        Receive<CheckpointFailed>(failed => failed.Step == _lastCheckpoint, failed => Fail(new TrainingFaultException(
            _lack is { } lack
                ? $"{lack}; a checkpoint could not be written: {failed.Error.Message}"
                : $"the last step is done, but its checkpoint could not be written: {failed.Error.Message}",
            failed.Error)));
        ReceiveAny(_ => { });
    }

    private void Saved(CheckpointSaved saved)
    {
        _checkpoints.Remove(saved.Step);
        if (saved.Path is { } path)
        {
            _run?.Saved(path);
        }
    }

    private void EndWith(long checkpoint)
    {
        _lastCheckpoint = checkpoint;
        Enter(Phase.Ending);
        Timers.Cancel(WaitTimer);
    }

    private void Stop()
    {
        _stopping = true;
        if (_run is null)
        {
            Fail(new OperationCanceledException("stopped before the first step"));
        }
        else if (_phase == Phase.Gathering)
        {
            Consider();
        }
        else
        {
            GiveLeases();
        }
    }

    private void Finish()
    {
        var outcome = _run!.Outcome();
        _completion.TrySetResult(outcome);
        EndWorkers(outcome.Completed, outcome.Completed ? "the job is done" : "the job was stopped");
    }

    private void Fail(Exception error)
    {
        _completion.TrySetException(error);
        EndWorkers(completed: false, error.Message);
    }

    private void EndWorkers(bool completed, string reason)
    {
        foreach (var worker in _workers.All)
        {
            Context.Unwatch(worker);
            worker.Tell(new EndJob(completed, reason));
        }

        Context.Stop(Self);
    }
}
