using Cluster.Train.Checkpoints;
using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>The look into the checkpoint directory with which a coordinator begins, and the end of a job that is found to be done.</summary>
internal sealed partial class CoordinatorMachine
{
    private const string WasDone = "the job was done before";

    private void Begin(CheckpointStart start)
    {
        if (start.Result is { } result)
        {
            Dismiss(result);
            return;
        }

        if (start.Verdict == ResumeVerdict.AskWorkers)
        {
            _foreign = start;
            Notice(Invariant($"checkpoint directory {start.Directory} holds checkpoints of this job already, the newest is {start.Newest}: waiting {_settings.FormerWorkersPatience.TotalSeconds:0} s for workers that had a part in it; --resume goes on without them"));
        }

        Gather("the checkpoint directory was looked at");
    }

    /// <summary>The job was done before: the workers that come are let go, and then it ends again.</summary>
    private void Dismiss(JobOutcome result)
    {
        Notice(result.StoppedEarly
            ? $"{result.Checkpoint} is where this job stopped early, for want of gain: nothing left to do"
            : $"{result.Checkpoint} is the end of this job: nothing left to do");
        var done = new Done(_now, result, []);
        Enter(done, WasDone);
        StartWait(Wait.Phase, _settings.FarewellPatience);
        foreach (var id in _workers.Ids.ToArray())
        {
            done = Dismiss(done, id, _workers.Address(id));
        }

        Phase = done;
        if (done.Dismissed.Count >= _settings.Workers || _stopping)
        {
            FinishAgain(done);
        }
    }

    private bool HearDone(Done done, ActorAddress from, IWireMessage message)
    {
        if (message is WorkerHello hello)
        {
            var next = Dismiss(done, hello.WorkerId, from);
            Phase = next;
            if (next.Dismissed.Count >= _settings.Workers)
            {
                FinishAgain(next);
            }
        }

        return true;
    }

    private Done Dismiss(Done done, string workerId, ActorAddress worker)
    {
        Tell(worker, new EndJob(Completed: true, WasDone));
        return done with { Dismissed = done.Dismissed.Add(workerId) };
    }

    private void FinishAgain(Done done)
    {
        Do(new Effect.Finish(done.Result));
        EndWorkers(completed: true, WasDone);
    }
}
