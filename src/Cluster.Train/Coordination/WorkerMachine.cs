using Cluster.Train.Protocol;

namespace Cluster.Train.Coordination;

/// <summary>
/// Decides for a worker: looks for a coordinator, has the replica of its job made, and does the leases of each generation. A
/// coordinator that is lost is looked for again; what the process holds of the job stays. It has no clock, no thread and no
/// connection: events go in, effects come out.
/// </summary>
/// <param name="workerId">Its identity.</param>
/// <param name="name">Its name in messages.</param>
/// <param name="patience">How long it looks for a coordinator.</param>
internal sealed partial class WorkerMachine(string workerId, string name, TimeSpan patience)
{
    private static readonly TimeSpan HelloInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PresenceInterval = TimeSpan.FromSeconds(5);

    private readonly List<WorkerEffect> _effects = [];

    /// <summary>The newest generation that it was told of and has a place in, whoever coordinated it; 0 for none.</summary>
    private int _generation;

    private int _openings;
    private bool _leaves;

    /// <summary>What it does.</summary>
    internal WorkerPhase Phase { get; private set; } = new WorkerPhase.Searching();

    /// <summary>Messages that came too late to mean anything, or from a coordinator that was replaced.</summary>
    internal long Stale { get; private set; }

    /// <summary>Answers an event.</summary>
    /// <returns>What is to be done, in this order.</returns>
    internal WorkerEffect[] Next(WorkerEvent happened)
    {
        _effects.Clear();
        if (happened is WorkerEvent.Abandoned)
        {
            Do(new WorkerEffect.Abort(_generation, $"{name} stops"));
            Do(new WorkerEffect.Finish(new WorkerOutcome(Completed: false, "the worker was stopped")));
            Phase = new WorkerPhase.Over();
        }
        else if (Phase is WorkerPhase.Searching)
        {
            AnswerSearching(happened);
        }
        else if (Phase is WorkerPhase.Following following)
        {
            AnswerFollowing(following, happened);
        }

        return [.. _effects];
    }

    private void AnswerSearching(WorkerEvent happened)
    {
        switch (happened)
        {
            case WorkerEvent.Started:
                Search();
                break;
            case WorkerEvent.Rang { Timer: WorkerTimer.Hello }:
                Do(new WorkerEffect.Greet());
                break;
            case WorkerEvent.Rang { Timer: WorkerTimer.Patience }:
                Fail(new TrainingFaultException(
                    Invariant($"waited {patience.TotalSeconds:0} s for a coordinator, and none answered; check that one runs and that --seed-node names it")));
                break;
            case WorkerEvent.Heard { Message: JobOffer offer } heard:
                Do(new WorkerEffect.Cancel(WorkerTimer.Hello));
                Do(new WorkerEffect.Cancel(WorkerTimer.Patience));
                Do(new WorkerEffect.Watch(heard.From));
                Open(heard.From, offer);
                break;
            case WorkerEvent.Heard { Message: JoinRefused refused }:
                Refused(refused);
                break;
            case WorkerEvent.Heard { Message: EndJob end }:
                // Before it follows one, whichever coordinator says so knows that the job is over.
                Finish(new WorkerOutcome(end.Completed, end.Reason));
                break;
            case WorkerEvent.LeaveAsked:
                Finish(new WorkerOutcome(Completed: false, "left before it was a member"));
                break;
        }
    }

    private void Search()
    {
        Phase = new WorkerPhase.Searching();
        Do(new WorkerEffect.Repeat(WorkerTimer.Hello, HelloInterval, AtOnce: true));
        Do(new WorkerEffect.Wait(WorkerTimer.Patience, patience));
    }

    private void Open(ActorAddress coordinator, JobOffer offer)
    {
        Phase = new WorkerPhase.Opening(coordinator, ++_openings);
        Do(new WorkerEffect.Open(_openings, offer));
    }

    private void Refused(JoinRefused refused) => Fail(new BadInputException($"the coordinator refuses this worker: {refused.Reason}"));

    private void Finish(WorkerOutcome outcome) => End(new WorkerEffect.Finish(outcome));

    private void Fail(Exception error) => End(new WorkerEffect.Fail(error));

    private void End(WorkerEffect result)
    {
        Do(result);
        Do(new WorkerEffect.End());
        Phase = new WorkerPhase.Over();
    }

    private void Do(WorkerEffect effect) => _effects.Add(effect);
}
