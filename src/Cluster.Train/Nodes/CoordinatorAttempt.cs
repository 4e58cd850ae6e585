using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Cluster.Train.Actors;
using Cluster.Train.Protocol;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Nodes;

/// <summary>One membership of a coordinator node: from joining until the job has ended or the node has to join again.</summary>
internal sealed class CoordinatorAttempt
{
    private static readonly TimeSpan RemovalPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StandbyPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnnouncePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AgreementPatience = TimeSpan.FromSeconds(3);

    /// <summary>Longer than a node takes to leave that has handed its job over.</summary>
    private static readonly TimeSpan TakeoverPatience = TimeSpan.FromSeconds(20);

    private readonly NodeSystem _node;
    private readonly Func<NodeSystem, bool, TaskCompletionSource<JobOutcome>, Props> _coordinator;
    private readonly object _stopJob;
    private readonly Action<string> _say;
    private readonly TimeSpan? _handsOverAfter;
    private readonly bool _standsBy;
    private readonly TaskCompletionSource<JobOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<JobEnded> _elsewhere = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IActorRef _nodeActor;
    private readonly Lock _gate = new();
    private volatile bool _active;
    private bool _leaves;
    private bool _inherits;

    /// <summary>Begins. See <see cref="CoordinatorNode"/> for the parameters.</summary>
    public CoordinatorAttempt(
        NodeSystem node, Func<NodeSystem, bool, TaskCompletionSource<JobOutcome>, Props> coordinator, object stopJob, Action<string> say,
        TimeSpan? handsOverAfter)
    {
        Metering.Coordinates(active: false);
        (_node, _coordinator, _stopJob, _say, _handsOverAfter) = (node, coordinator, stopJob, say, handsOverAfter);
        _nodeActor = node.System.ActorOf(NodeActor.Props(node.Coordinator, ended => _elsewhere.TrySetResult(ended), Inherits), NodeActor.Name);
        if (node.Leader() is { } leader && leader != node.Address)
        {
            _standsBy = true;
            say($"standing by: {leader} coordinates, {node.Address} takes over if that node is lost");
            if (Metering.JobNumerics.Enabled) node.System.ActorOf(StandbyMetering.Props(node.Coordinator), "standby-metering");
        }

        node.System.ActorOf(
            ClusterSingletonManager.Props(CoordinatorHost.Props(Activate).WithDispatcher(ActorSystems.Dispatcher), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(node.System)),
            NodeSystem.SingletonManagerName);
    }

    /// <returns>How it ended; null where the node has to join again.</returns>
    public async Task<NodeEnd?> RunAsync(CancellationToken stop)
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(() => _ = StopAsync(left)))
        {
            await Task.WhenAny(_completion.Task, _elsewhere.Task, _node.System.WhenTerminated, left.Task);
        }

        if (_node.WasRemoved) return null;
        if (_elsewhere.Task.IsCompleted && !_active)
        {
            _node.NoteJobEnd();
            var ended = await _elsewhere.Task;
            return new NodeEnd(KindOf(ended.End), ended.Reason) { Where = ended.Where };
        }

        if (left.Task.IsCompleted)
        {
            await left.Task;
            return new NodeEnd(NodeEndKind.Left, "");
        }

        if (_completion.Task.Exception?.InnerException is TrainingFaultException { IsOfCoordinatorAlone: true } && await IsRemovedAsync()) return null;
        try
        {
            var outcome = await _completion.Task;
            var (end, reason) = outcome.Completed ? (JobEnd.Done, "") : (JobEnd.Stopped, Invariant($"stopped after step {outcome.Steps}"));
            await AnnounceAsync(end, reason);
            return new NodeEnd(KindOf(end), reason) { Outcome = outcome };
        }
        catch (OperationCanceledException exception)
        {
            await AnnounceAsync(JobEnd.Stopped, exception.Message);
            throw;
        }
        catch (Exception exception) when (!_node.WasRemoved)
        {
            await AnnounceAsync(exception is BadInputException ? JobEnd.Refused : JobEnd.Failed, exception.Message);
            throw;
        }
        catch (Exception) when (_node.WasRemoved)
        {
            return null;
        }
    }

    private static NodeEndKind KindOf(JobEnd end) => end switch
    {
        JobEnd.Done => NodeEndKind.Done,
        JobEnd.Stopped => NodeEndKind.Stopped,
        JobEnd.Refused => NodeEndKind.Refused,
        _ => NodeEndKind.Failed,
    };

    /// <summary>Whether the others have gone on without this node: its coordinator is stopped a moment before the node knows why.</summary>
    private async Task<bool> IsRemovedAsync()
    {
        await Task.WhenAny(_node.System.WhenTerminated, Task.Delay(RemovalPatience, CancellationToken.None));
        return _node.WasRemoved;
    }

    private Props Activate()
    {
        _active = true;
        Metering.Coordinates(active: true);
        if (_standsBy) _say($"taking over: {_node.Address} coordinates from now on");
        return _coordinator(_node, _standsBy, _completion).WithDispatcher(ActorSystems.Dispatcher);
    }

    private async Task StopAsync(TaskCompletionSource left)
    {
        try
        {
            if (await CanLeaveAsync()) left.TrySetResult();
        }
        catch (Exception exception)
        {
            // Nobody waits for this task: the node would go on as if nobody had stopped it.
            left.TrySetException(exception);
        }
    }

    /// <summary>Hands the job over, or has it ended here.</summary>
    /// <returns>Whether the node has no part in the job any more.</returns>
    private async Task<bool> CanLeaveAsync()
    {
        var handsOver = false;
        if (_active || await TakesOverAsync()) handsOver = await HasLastingStandbyAsync() && await IsAgreedAsync();
        if (_completion.Task.IsCompleted) return false;
        if (handsOver) _say("handing the job over to the coordinator that stands by");
        if (!_active || handsOver) return true;
        _node.System.ActorSelection($"/user/{NodeSystem.SingletonManagerName}/coordinator").Tell(_stopJob);
        return false;
    }

    /// <summary>Another node leaves the job to this one.</summary>
    /// <returns>Whether this one takes it: not where it is leaving itself.</returns>
    private bool Inherits()
    {
        lock (_gate)
        {
            _inherits |= !_leaves;
            return _inherits;
        }
    }

    /// <summary>A node that stands by can leave, unless the job was left to it: then nobody else would write its last checkpoint.</summary>
    /// <returns>Whether it has the job now.</returns>
    private async Task<bool> TakesOverAsync()
    {
        lock (_gate)
        {
            _leaves = !_inherits;
            if (_leaves) return false;
        }

        for (var waited = TimeSpan.Zero; waited < TakeoverPatience && !_active && !_elsewhere.Task.IsCompleted; waited += StandbyPause)
        {
            await Task.Delay(StandbyPause);
        }

        if (!_active && !_elsewhere.Task.IsCompleted) _say(Invariant($"stopped before it could take over the job that was left to it, for which it waited {TakeoverPatience.TotalSeconds:0} s: there is no checkpoint of the last steps"));
        return _active;
    }

    /// <summary>Whether one stands by, and goes on to: all nodes may have been stopped at once, and a job that is left to nobody has no last checkpoint.</summary>
    private async Task<bool> HasLastingStandbyAsync()
    {
        for (var waited = TimeSpan.Zero; waited < _handsOverAfter && _node.Standbys().Count > 0 && !_completion.Task.IsCompleted; waited += StandbyPause)
        {
            await Task.Delay(StandbyPause);
        }

        return _handsOverAfter is not null && _node.Standbys().Count > 0;
    }

    /// <summary>Whether the one that stands by will take the job over, even where it is stopped meanwhile.</summary>
    private async Task<bool> IsAgreedAsync()
    {
        foreach (var standby in _node.Standbys())
        {
            try
            {
                await _node.System.ActorSelection(new RootActorPath(standby) / "user" / NodeActor.Name).Ask<HandOverAgreed>(HandOver.Instance, AgreementPatience);
                return true;
            }
            catch (AskTimeoutException)
            {
                // It is leaving.
            }
        }

        return false;
    }

    private async Task AnnounceAsync(JobEnd end, string reason)
    {
        try
        {
            await _nodeActor.Ask<NodeActor.Announced>(
                new NodeActor.Announce(new JobEnded(end, _node.Address.ToString(), reason), AnnouncePatience), AnnouncePatience * 2);
        }
        catch (AskTimeoutException)
        {
            // The node's own actors are gone: there is nobody left to tell.
        }

        _node.NoteJobEnd();
    }
}
