using Cluster.Train.Coordination;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Coordination.Phases;

/// <summary>Effects as short lines, for tables and for texts of failures.</summary>
internal static class EffectText
{
    /// <summary>An effect in a line.</summary>
    internal static string Of(Effect effect) => effect switch
    {
        Effect.Tell tell => $"tell {tell.To.Value}: {Of(tell.Message)}",
        Effect.TellAll tell => $"tell {string.Join(' ', tell.To.Select(to => to.Value))}: {Of(tell.Message)}",
        Effect.Watch watch => Equals(watch.Worker.Value, watch.WorkerId) ? $"watch {watch.WorkerId}" : $"watch {watch.WorkerId} at {watch.Worker.Value}",
        Effect.Unwatch unwatch => $"unwatch {unwatch.Worker.Value}",
        Effect.Notice notice => $"notice: {notice.Text}",
        Effect.Log log => $"log: {log.Text}",
        Effect.ShowRoster shown => Invariant($"show generation {shown.Roster.Generation} of {shown.Roster.Workers} at {shown.Roster.FirstStep}"),
        Effect.ShowProgress shown => Invariant($"show step {shown.Progress.CompletedSteps}, {shown.Progress.CompletedSamples} samples"),
        Effect.ShowEpoch shown => Invariant($"show epoch {shown.Epoch.Epoch}, loss {shown.Epoch.Loss}"),
        Effect.ShowCheckpoint shown => Invariant($"show checkpoint {shown.Checkpoint.Path} of step {shown.Checkpoint.Step}"),
        Effect.ShowRecovery shown => Invariant($"show return to step {shown.Recovery.Step}, {shown.Recovery.ReplayedSteps} replayed, after generation {shown.Recovery.Generation}: {shown.Recovery.Reason}"),
        Effect.ShowEvaluation shown => Invariant($"show evaluation at {shown.Point.CompletedSteps}"),
        Effect.JournalGeneration begun => Invariant($"journal generation {begun.Generation} at {begun.FirstStep}"),
        Effect.JournalSteps done => Invariant($"journal {done.Report.WorkerId} {done.Report.FirstStep}+{done.Report.Steps}"),
        Effect.JournalHash hash => Invariant($"journal hash {hash.Generation} {hash.Step} {hash.Sha256}"),
        Effect.JournalEvaluation at => Invariant($"journal evaluation {at.Generation} {at.Step}"),
        Effect.StartWait wait => Invariant($"wait {wait.Wait} {wait.Length.TotalSeconds}"),
        Effect.CancelWait wait => $"cancel {wait.Wait}",
        Effect.Examine examine => examine.Succeeds ? "examine as a successor" : "examine",
        Effect.OpenState open => Invariant($"open {open.Tensors.Length} tensors{(open.GoesOn ? ", goes on" : "")}"),
        Effect.LoadCheckpoint => "load checkpoint",
        Effect.WatchPeers peers => Invariant($"watch peers {peers.Roster.Generation}"),
        Effect.UnwatchPeers => "unwatch peers",
        Effect.PrepareOwnSlice own => $"own slice: {Of(own.Generation)}",
        Effect.LeaseOwnSlice own => $"own slice: {Of(own.Lease)}",
        Effect.AbortOwnSlice own => Invariant($"abort own slice {own.Generation}: {own.Reason}"),
        Effect.Seal seal => Invariant($"seal {seal.Step}"),
        Effect.Save save => Invariant($"save {save.Request.Step} {save.Request.ParametersSha256 ?? "unhashed"} held by {Of(save.Holders, save.Request.Step)}"),
        Effect.Finish finish => Invariant($"finish {(finish.Outcome.Completed ? "completed" : "stopped")} at {finish.Outcome.Steps}, {finish.Outcome.Samples} samples, {finish.Outcome.Recoveries} recoveries"),
        Effect.Fail fail => $"fail {fail.Error.GetType().Name}: {fail.Error.Message}",
        Effect.End => "end",
        _ => effect.ToString(),
    };

    /// <summary>An event in a line.</summary>
    internal static string Of(CoordinatorEvent happened) => happened switch
    {
        CoordinatorEvent.Heard { Message: LeaseCompleted done } => Invariant($"{Known(done.WorkerId)} has completed {done.CompletedSteps} of {done.Generation}"),
        CoordinatorEvent.Heard { Message: SnapshotKept kept } => Invariant($"{Known(kept.WorkerId)} keeps {kept.Step} of {kept.Generation}: {kept.Checksum} {kept.ParametersSha256}"),
        CoordinatorEvent.Heard { Message: IGenerationMessage message } heard => Invariant($"{heard.From.Value} says {message.GetType().Name} of {message.Generation}"),
        CoordinatorEvent.Heard heard => $"{heard.From.Value} says {heard.Message.GetType().Name}",
        _ => happened.ToString(),
    };

    /// <summary>A message to a worker.</summary>
    private static string Of(IWireMessage message) => message switch
    {
        JobOffer offer => offer.Fresh ? "offer anew" : "offer",
        TensorsWanted wanted => Invariant($"tensors from {wanted.First}"),
        JoinRefused refused => $"refused: {refused.Reason}",
        StandBy wait => $"stand by: {wait.Reason}",
        PrepareGeneration prepare => Invariant(
            $"prepare {prepare.Generation} at {prepare.FirstStep} for {string.Join(' ', prepare.Roster.Members.Select(member => Known(member.WorkerId)))}; held by {Of(prepare.Holders, prepare.FirstStep)}"),
        StepLease lease => Invariant(
            $"lease {lease.FirstStep}-{lease.End} of {lease.Generation}, sealed {lease.SealedStep}{Of(lease.Snapshot)}{(lease.Memo is { } memo ? Invariant($", memo {memo.Step} {memo.Samples}") : "")}"),
        EndGeneration end => Invariant($"end {end.Generation}: {end.Reason}"),
        EndJob end => $"{(end.Completed ? "job done" : "job over")}: {end.Reason}",
        HelloWanted wanted => $"hello wanted: {wanted.Reason}",
        StatusReport status => Invariant(
            $"status {status.Phase} {status.Generation}, {status.CompletedSteps} of {status.TotalSteps}, {string.Join(' ', status.Members.Select(member => $"{member.Name} {member.State}"))}; waits for {status.Waiting?.Whom ?? "nobody"}"),
        _ => message.ToString()!,
    };

    private static string Of(SnapshotKind kind) => kind switch
    {
        SnapshotKind.None => "",
        SnapshotKind.Keep => ", keep",
        _ => ", keep and hash",
    };

    private static string Of(IEnumerable<StateHolder> holders, long step)
    {
        string[] ids = [.. holders.Where(holder => holder.At(step) is not null).Select(holder => Known(holder.WorkerId))];
        return ids.Length == 0 ? "nobody" : string.Join(' ', ids);
    }

    private static string Known(string id) => id.Length == 0 ? "coordinator" : id;
}
