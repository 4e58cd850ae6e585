using Cluster.Train.Hosting.Engines;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Hosting;

/// <summary>A cluster that is none: it notes what it is asked for and gives the answers that the test chose.</summary>
internal sealed class FakeCluster : IClusterEngine
{
    public Func<IJobObserver, CancellationToken, Task<NodeEnd>> Coordinate { get; init; } = (observer, _) =>
    {
        observer.OnRoster(FakeEngine.Roster);
        return Task.FromResult(new NodeEnd(NodeEndKind.Done, "") { Outcome = FakeEngine.Outcome });
    };

    public Func<Action<string>, CancellationToken, Task<NodeEnd>> Work { get; init; } = (_, _) =>
        Task.FromResult(new NodeEnd(NodeEndKind.Done, "the job is done"));

    public Func<StatusReport> Status { get; init; } = () => throw new TrainingFaultException("nobody answered");

    public Func<CancellationToken, Task> Stay { get; init; } = stop => Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default);

    public CoordinatorOptions? AskedToCoordinate { get; private set; }

    public NodeOptions? Stays { get; private set; }

    public WorkerOptions? AskedToWork { get; private set; }

    public (IReadOnlyList<HostPort> Nodes, TimeSpan Patience)? AskedForStatus { get; private set; }

    public Task<NodeEnd> CoordinateAsync(CoordinatorOptions run, IJobObserver observer, CancellationToken stop)
    {
        AskedToCoordinate = run;
        return Coordinate(observer, stop);
    }

    public Task<NodeEnd> WorkAsync(WorkerOptions run, Action<string> say, CancellationToken stop)
    {
        AskedToWork = run;
        return Work(say, stop);
    }

    public Task StayAsync(CoordinatorOptions options, JobOutcome? outcome, Action<string> say, CancellationToken stop)
    {
        Stays = options.Node;
        return Stay(stop);
    }

    public Task<StatusReport> AskStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience)
    {
        AskedForStatus = (nodes, patience);
        return Task.FromResult(Status());
    }
}
