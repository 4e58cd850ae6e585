using Akka.Actor;
using Cluster.Train.Actors;
using Cluster.Train.Coordination;
using Cluster.Train.Protocol;

namespace Cluster.Train.Nodes;

/// <summary>
/// A node that computes. It ends with the job. When it has lost its coordinator, or the others have gone on without it,
/// its actor system is made anew and joins through the seeds; what belongs to the process, the snapshots above all, stays.
/// </summary>
/// <param name="options">The node.</param>
/// <param name="worker">Makes the worker's actor; the result is set when it has ended.</param>
/// <param name="leave">The message that makes the worker leave at the next boundary and then stop.</param>
/// <param name="say">Is told what the node does, a line at a time.</param>
internal sealed class WorkerNode(
    NodeOptions options, Func<NodeSystem, TaskCompletionSource<WorkerOutcome>, Props> worker, object leave, Action<string> say)
{
    /// <summary>How long it waits for a boundary at which it can leave.</summary>
    internal static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WordPatience = TimeSpan.FromSeconds(5);

    /// <summary>Runs until the job has ended, or the node has left.</summary>
    public async Task<NodeEnd> RunAsync(CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var node = NodeSystem.Start(options);
            // Whoever joins while the job ends is told so before it is in.
            var ended = new TaskCompletionSource<JobEnded>(TaskCreationOptions.RunContinuationsAsynchronously);
            node.System.ActorOf(NodeActor.Props(node.Coordinator, Note, () => false), NodeActor.Name);
            if (await JoinAsync(node, ended.Task, stop) is { } early) return early;
            say($"{(attempt == 1 ? "joined" : "joined again")}: {node.Address}, coordinator {node.Leader()?.ToString() ?? "not known yet"}");
            if (await WorkAsync(node, ended.Task, stop) is { } end) return end;
            say("the coordinator is lost, or the others have gone on without this node: joining again");

            // A worker that was refused may be leaving when the word comes: then nobody is there any more who could agree.
            void Note(JobEnded word)
            {
                node.NoteJobEnd();
                ended.TrySetResult(word);
            }
        }
    }

    /// <returns>How it ended; null where the node is in.</returns>
    private async Task<NodeEnd?> JoinAsync(NodeSystem node, Task<JobEnded> ended, CancellationToken stop)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var joining = node.JoinAsync(giveUp.Token, say);
        if (await Task.WhenAny(joining, ended) == joining)
        {
            await joining;
            return null;
        }

        await giveUp.CancelAsync();
        await joining.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        node.NoteJobEnd();
        return Describe(await ended);
    }

    /// <returns>How it ended; null where the node has to join again.</returns>
    private async Task<NodeEnd?> WorkAsync(NodeSystem node, Task<JobEnded> ended, CancellationToken stop)
    {
        var own = new TaskCompletionSource<WorkerOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = node.System.ActorOf(worker(node, own).WithDispatcher(ActorSystems.Dispatcher), "worker");
        var gone = node.System.WhenTerminated;
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(asked.SetResult))
        {
            await Task.WhenAny(ended, own.Task, gone, asked.Task);
        }

        if (asked.Task.IsCompleted && !ended.IsCompleted && !own.Task.IsCompleted)
        {
            actor.Tell(leave);
            await Task.WhenAny(own.Task, gone, ended, Task.Delay(LeavePatience, CancellationToken.None));
            return new NodeEnd(NodeEndKind.Left, own.Task.IsCompleted ? "left at a boundary" : Invariant($"left without a boundary: none came within {LeavePatience.TotalSeconds:0} s"));
        }

        if (node.WasRemoved) return null;

        // The worker and the node are told apart that the job has ended. The node's word has the reason, and whoever sent
        // it waits for its receipt: without the word the node stays for a while.
        await Task.WhenAny(ended, gone, Task.Delay(own.Task.IsFaulted ? TimeSpan.Zero : WordPatience, CancellationToken.None));
        if (node.WasRemoved) return null;
        if (own.Task.IsCompletedSuccessfully && own.Task.Result.Completed) node.NoteJobEnd();
        if (ended.IsCompleted) return Describe(await ended);
        var outcome = await own.Task;
        return outcome.Completed ? new NodeEnd(NodeEndKind.Done, "the job is done") : new NodeEnd(NodeEndKind.Failed, outcome.Reason);
    }

    private static NodeEnd Describe(JobEnded word) => word.End switch
    {
        JobEnd.Done => new NodeEnd(NodeEndKind.Done, "the job is done"),
        JobEnd.Stopped => new NodeEnd(NodeEndKind.Stopped, $"the job was {word.Reason}"),
        _ => new NodeEnd(NodeEndKind.Failed, $"the job ended on {word.Where}: {word.Reason}"),
    };
}
