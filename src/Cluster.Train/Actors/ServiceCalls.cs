using Akka.Actor;
using Cluster.Train.Coordination;
using Cluster.Train.Members;
using Cluster.Train.Protocol;
using Cluster.Train.Snapshots;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Actors;

/// <summary>Has the coordinator's services do what was decided; what comes of it is told to the coordinator as an event.</summary>
/// <param name="services">The services; stay the caller's.</param>
/// <param name="coordinator">Is told.</param>
internal sealed class ServiceCalls(ICoordinatorServices services, IActorRef coordinator)
{
    private IDisposable? _watch;

    /// <summary>Carries an effect out. Never waits.</summary>
    internal void CarryOut(Effect effect)
    {
        switch (effect)
        {
            case Effect.Notice notice:
                services.Observer.OnNotice(notice.Text);
                break;
            case Effect.ShowRoster shown:
                services.Observer.OnRoster(shown.Roster);
                break;
            case Effect.ShowProgress shown:
                services.Observer.OnProgress(shown.Progress);
                break;
            case Effect.ShowEvaluation shown:
                services.Observer.OnEvaluation(shown.Point);
                break;
            case Effect.ShowEpoch shown:
                services.Observer.OnEpoch(shown.Epoch);
                break;
            case Effect.ShowCheckpoint shown:
                services.Observer.OnCheckpoint(shown.Checkpoint);
                break;
            case Effect.ShowRecovery shown:
                services.Observer.OnRecovery(shown.Recovery);
                break;
            case Effect.JournalGeneration begun:
                services.Journal?.Begin(begun.Generation, begun.FirstStep);
                break;
            case Effect.JournalSteps done:
                services.Journal?.Report(done.Report, done.Reductions);
                if (services.Journal?.TakeNotice() is { } line)
                {
                    services.Observer.OnNotice(line);
                }

                break;
            case Effect.JournalHash hash:
                services.Journal?.Hash(hash.Generation, hash.Step, hash.Sha256);
                break;
            case Effect.JournalEvaluation at:
                services.Journal?.Evaluation(at.Generation, at.Step, at.Evaluation);
                break;
            case Effect.Examine examine:
                services.ExamineAsync(examine.Succeeds).PipeTo(coordinator, success: start => new CoordinatorEvent.Examined(start), failure: Failed);
                break;
            case Effect.OpenState open:
                services.OpenAsync(open.Replica, open.Tensors, open.GoesOn).PipeTo(coordinator, success: Opened, failure: Failed);
                break;
            case Effect.LoadCheckpoint:
                services.LoadNewestCheckpointAsync().PipeTo(coordinator, success: Opened, failure: Failed);
                break;
            case Effect.WatchPeers peers:
                Watch(peers);
                break;
            case Effect.UnwatchPeers:
                _watch?.Dispose();
                _watch = null;
                break;
            case Effect.PrepareOwnSlice prepare:
                Prepare(prepare);
                break;
            case Effect.LeaseOwnSlice lease:
                services.OwnSlice.Enqueue(lease.Lease);
                break;
            case Effect.AbortOwnSlice abort:
                services.OwnSlice.Abort(abort.Generation, abort.Reason);
                break;
            case Effect.Seal seal:
                services.Seal(seal.Step);
                break;
            case Effect.Save save:
                Save(save);
                break;
            default:
                throw new InvalidOperationException($"{effect.GetType().Name} is nothing that a service does");
        }
    }

    /// <summary>Tells the observer that the job has ended.</summary>
    internal void Ended(JobEnding ending) => services.Observer.OnEnd(ending);

    /// <summary>Tells an observer that wants to know how the job stands.</summary>
    internal void ShowStatus(Func<StatusReport> status)
    {
        if (services.Observer is IStatusObserver { WantsStatus: true } observer)
        {
            observer.OnStatus(status());
        }
    }

    /// <summary>Writes a state that was put together.</summary>
    internal CoordinatorEvent Write(Collected collected)
    {
        var step = collected.Request.Step;
        services.WriteAsync(collected.State, collected.Request).PipeTo(
            coordinator,
            success: path => new CoordinatorEvent.CheckpointSaved(step, path),
            failure: error => new CoordinatorEvent.CheckpointFailed(step, error));
        return new CoordinatorEvent.StateCollected(step);
    }

    private static object Opened() => new CoordinatorEvent.StateOpened();

    private static object Failed(Exception error) => new CoordinatorEvent.ServiceFailed(error);

    private void Watch(Effect.WatchPeers peers)
    {
        var generation = peers.Roster.Generation;
        _watch?.Dispose();
        _watch = services.Watch(peers.Roster, loss => coordinator.Tell(
            new CoordinatorEvent.PeerLost(generation, loss.Rank, loss.Message, loss.NeverReached), ActorRefs.NoSender));
    }

    private void Prepare(Effect.PrepareOwnSlice prepare)
    {
        var generation = prepare.Generation.Generation;
        services.OwnSlice.PrepareAsync(prepare.Generation, message => coordinator.Tell(message, ActorRefs.Nobody)).PipeTo(
            coordinator,
            ActorRefs.Nobody,
            success: () => new CoordinatorEvent.OwnSliceReady(generation),
            failure: error => MemberFaults.Describe("", "the coordinator", generation, error));
    }

    /// <summary>Once the state is put together, another may be made beside it: writing takes the longer part.</summary>
    private void Save(Effect.Save save) => services.CollectAsync(save.Roster, save.Holders, save.Request.Step).PipeTo(
        coordinator,
        success: state => new Collected(state, save.Request),
        failure: error => new CoordinatorEvent.CheckpointFailed(save.Request.Step, error));

    /// <summary>A state that was put together to be written. It comes back through the coordinator: one that has ended writes nothing.</summary>
    internal sealed record Collected(CollectedState State, CheckpointRequest Request);
}
