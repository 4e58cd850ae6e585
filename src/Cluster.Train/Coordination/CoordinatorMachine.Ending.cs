using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>The end of a job: by its last step, by its user, or because it cannot go on.</summary>
internal sealed partial class CoordinatorMachine
{
    private void Saved(CoordinatorEvent.CheckpointSaved saved)
    {
        _checkpoints.Settle(saved.Step);
        if (saved.Path is { } path)
        {
            _job?.Saved(path);
            Do(new Effect.ShowCheckpoint(new CheckpointWritten(saved.Step, path)));
        }

        // Older ones may still fail or be passed over: the last one decides.
        if (Phase is not Ending ending || saved.Step != ending.Checkpoint)
        {
            return;
        }

        if (ending.Lack is { } lack)
        {
            EndForLack($"{lack}; the checkpoint {saved.Path} holds what was done");
        }
        else
        {
            Finish(ending.Job);
        }
    }

    private void NotSaved(CoordinatorEvent.CheckpointFailed failed)
    {
        _checkpoints.Settle(failed.Step);
        if (Phase is Ending ending)
        {
            if (failed.Step == ending.Checkpoint)
            {
                Fail(new TrainingFaultException(
                    ending.Lack is { } lack
                        ? $"{lack}; a checkpoint could not be written: {failed.Error.Message}"
                        : $"the last step is done, but its checkpoint could not be written: {failed.Error.Message}",
                    failed.Error));
            }

            return;
        }

        Notice(Invariant($"checkpoint of step {failed.Step} could not be written: {failed.Error.Message}; training goes on"));
        StopCollecting(failed.Step);
    }

    private void Stop()
    {
        _stopping = true;
        switch (Phase)
        {
            case Done done:
                FinishAgain(done);
                break;
            case Ending:
                break;
            default:
                if (_job is null && !TakesOver)
                {
                    Fail(new OperationCanceledException("stopped before the first step"));
                }

                Consider();
                GiveLeases();
                break;
        }
    }

    private void Finish(JobBook job)
    {
        var outcome = job.Outcome(_now);
        Do(new Effect.Finish(outcome));
        EndWorkers(outcome.Completed, outcome.Completed ? "the job is done" : "the job was stopped");
    }

    private void Fail(Exception error)
    {
        if (Phase is not Over)
        {
            Do(new Effect.Fail(error));
            EndWorkers(completed: false, error.Message);
        }
    }

    private void EndWorkers(bool completed, string reason)
    {
        foreach (var worker in _workers.Addresses)
        {
            Do(new Effect.Unwatch(worker));
            Do(new Effect.Tell(worker, new EndJob(completed, reason)));
        }

        Enter(new Over(_now), reason);
        Do(new Effect.UnwatchPeers());
        Do(new Effect.AbortOwnSlice(_generations.Last, "the coordinator stops"));
        Do(new Effect.End());
    }
}
