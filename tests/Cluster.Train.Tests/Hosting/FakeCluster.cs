using Cluster.Train.Hosting.Engines;
using Cluster.Train.Hosting.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Tests.Hosting;

/// <summary>A cluster that is none: it notes what it is asked for and gives the answers that the test chose.</summary>
internal sealed class FakeCluster : IClusterEngine
{
    public Func<IJobObserver, CancellationToken, Task<CoordinatorEnd>> Coordinate { get; init; } = (observer, _) =>
    {
        observer.OnRoster(FakeEngine.Roster);
        return Task.FromResult(new CoordinatorEnd(FakeEngine.Outcome, null));
    };

    public Func<Action<string>, CancellationToken, Task<WorkerEnd>> Work { get; init; } = (_, _) =>
        Task.FromResult(new WorkerEnd(WorkerEndKind.Done, "the job is done"));

    public Func<StatusReport> Status { get; init; } = () => throw new TrainingFaultException("nobody answered");

    public CoordinatorRun? AskedToCoordinate { get; private set; }

    public WorkerRun? AskedToWork { get; private set; }

    public (IReadOnlyList<HostPort> Nodes, TimeSpan Patience)? AskedForStatus { get; private set; }

    public Task<CoordinatorEnd> CoordinateAsync(CoordinatorRun run, IJobObserver observer, CancellationToken stop)
    {
        AskedToCoordinate = run;
        return Coordinate(observer, stop);
    }

    public Task<WorkerEnd> WorkAsync(WorkerRun run, Action<string> say, CancellationToken stop)
    {
        AskedToWork = run;
        return Work(say, stop);
    }

    public Task<StatusReport> AskStatusAsync(IReadOnlyList<HostPort> nodes, TlsIdentity? tls, TimeSpan patience)
    {
        AskedForStatus = (nodes, patience);
        return Task.FromResult(Status());
    }
}
