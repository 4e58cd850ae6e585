namespace Cluster.Train.Coordination;

/// <summary>Going from phase to phase, and the limits of what is waited for in each.</summary>
internal sealed partial class CoordinatorMachine
{
    /// <summary>Goes over to a phase. What was waited for in the one before is not waited for any more.</summary>
    private void Enter(Phase phase, string reason)
    {
        foreach (var wait in _waits.Running.ToArray())
        {
            Cancel(wait);
        }

        Do(new Effect.Log($"{Phase.Name} -> {phase.Name}: {reason}"));
        Phase = phase;
    }

    private void StartWait(Wait wait, TimeSpan length) => StartWait(new Effect.StartWait(wait, length));

    private void StartWait(Effect.StartWait start)
    {
        _waits.Start(start.Wait, _now, start.Length);
        Do(start);
    }

    private void Cancel(Wait wait)
    {
        if (_waits.Cancel(wait))
        {
            Do(new Effect.CancelWait(wait));
        }
    }

    private void TimerEnded(Wait wait)
    {
        switch (_waits.TimerEnds(wait, _now))
        {
            case null:
                return;
            case { Ticks: > 0 } left:
                // The process was stopped meanwhile: the rest of a wait that began before is still waited for.
                Do(new Effect.StartWait(wait, left));
                return;
        }

        switch (wait, Phase)
        {
            case (Wait.Consider, Gathering):
                StartWait(Wait.Consider, ConsiderInterval);
                Consider();
                break;
            case (Wait.Meeting, Preparing preparing):
                JudgeMeeting(preparing);
                break;
            case (Wait.Snapshot, Running running):
                SnapshotTimedOut(running);
                break;
            case (Wait.Phase, Preparing preparing):
                PutOut([.. preparing.Generation.NotReady], Invariant($"waited {_settings.JoinTimeout.TotalSeconds:0} s for {_workers.Names(preparing.Generation.NotReady)} to take a place in generation {_generations.Last}"));
                break;
            case (Wait.Phase, Running running):
                StepTimedOut(running);
                break;
            case (Wait.Phase, AwaitingCause awaiting):
                Fail(new TrainingFaultException(awaiting.Cause));
                break;
            case (Wait.Phase, Recovering recovering):
                PutOutSilent(recovering);
                break;
            case (Wait.Phase, Done done):
                FinishAgain(done);
                break;
        }
    }
}
