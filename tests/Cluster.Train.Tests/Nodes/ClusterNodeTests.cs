using System.Collections.Concurrent;
using Cluster.Train.Cli.Tasks;
using Cluster.Train.Held;
using Cluster.Train.Nodes;
using Cluster.Train.Running;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Nodes;

public sealed class ClusterNodeTests : IDisposable
{
    private readonly CancellationTokenSource _stop = new(TestCluster.Patience * 5);
    private readonly LoopbackNetwork _network = new();

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task A_cluster_trains_to_the_same_bits_as_one_process()
    {
        var local = await LocalTraining.RunAsync(Job(epochs: 3), new Watcher(), _stop.Token);

        var watcher = new Watcher();
        var (coordinator, address) = await CoordinateAsync(Coordinator(Job(epochs: 3)), watcher);
        var workers = Enumerable.Range(1, 3).Select(number => WorkAsync(Worker(number, address), _stop.Token)).ToArray();

        var end = await coordinator;
        Assert.Equal(local.ParametersSha256, end.Outcome!.ParametersSha256);
        Assert.Equal((true, 3, 60L), (end.Outcome.Completed, end.Outcome.Workers, end.Outcome.Steps));
        Assert.All(await Task.WhenAll(workers), worker => Assert.Equal(NodeEndKind.Done, worker.Kind));
    }

    [Fact]
    public async Task A_worker_that_leaves_is_let_go_and_the_others_go_on_to_the_same_bits()
    {
        var local = await LocalTraining.RunAsync(Job(epochs: 100), new Watcher(), _stop.Token);

        using var leave = new CancellationTokenSource();
        using var left = new ManualResetEventSlim();
        var task = new HeldTask(new XorTask(), data => new HeldDataset(data, epoch: 1, () => left.IsSet));
        var watcher = new Watcher { OnFirstProgress = leave.Cancel };
        var (coordinator, address) = await CoordinateAsync(Coordinator(Job(epochs: 100) with { Task = task }), watcher);
        var leaving = WorkAsync(Worker(1, address) with { Tasks = [task] }, leave.Token);
        var staying = Enumerable.Range(2, 2)
            .Select(number => WorkAsync(Worker(number, address) with { Tasks = [task] }, _stop.Token)).ToArray();

        Assert.Equal(new NodeEnd(NodeEndKind.Left, "left at a boundary"), await leaving);
        left.Set();
        var end = await coordinator;
        Assert.Equal(local.ParametersSha256, end.Outcome!.ParametersSha256);
        Assert.Equal(2, end.Outcome.Workers);
        Assert.All(await Task.WhenAll(staying), worker => Assert.Equal(NodeEndKind.Done, worker.Kind));
    }

    [Fact]
    public async Task A_job_that_waits_for_workers_in_vain_says_so_everywhere()
    {
        var (coordinator, address) = await CoordinateAsync(Coordinator(Job(epochs: 1) with { JoinTimeout = TimeSpan.FromSeconds(15) }) with { MinWorkers = 3 }, new Watcher());
        var worker = WorkAsync(Worker(1, address), _stop.Token);

        var fault = await Assert.ThrowsAsync<TrainingFaultException>(() => coordinator);
        Assert.Contains("waited 15 s for at least 3 workers", fault.Message, StringComparison.Ordinal);
        Assert.Equal(NodeEndKind.Failed, (await worker).Kind);
    }

    [Fact]
    public async Task A_coordinator_that_is_stopped_while_it_looks_for_a_cluster_says_that_no_step_was_done()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        var stopped = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ClusterNode.CoordinateAsync(Coordinator(Job(epochs: 1)), _ => _network.Open(), new Watcher(), stop.Token));

        Assert.Equal("stopped before the first step", stopped.Message);
    }

    /// <summary>Begins, and says where the workers reach it.</summary>
    private async Task<(Task<NodeEnd> End, HostPort Address)> CoordinateAsync(CoordinatorOptions options, IJobObserver observer)
    {
        var address = new TaskCompletionSource<HostPort>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = ClusterNode.CoordinateAsync(options, _ => _network.Open(), observer, _stop.Token, reached => address.TrySetResult(reached));
        return (end, await address.Task.WaitAsync(TestCluster.Patience));
    }

    private Task<NodeEnd> WorkAsync(WorkerOptions options, CancellationToken stop) => ClusterNode.WorkAsync(options, _ => _network.Open(), _ => { }, stop);

    private static TrainingOptions Job(int epochs) => new()
    {
        Task = new XorTask(),
        Definition = new JobDefinition
        {
            Task = "xor",
            Seed = 5,
            Shards = 3,
            BatchSize = 128,
            Optimizer = new XorTask().Defaults.Optimizer,
            Length = new RunLength(epochs, null),
            Settings = TaskSettings.From("xor", new XorTask().Options, new Dictionary<string, string>()),
        },
        Workers = 3,
        JoinTimeout = TestCluster.Patience,
    };

    private static CoordinatorOptions Coordinator(TrainingOptions job) => new(TestCluster.Options(NodeRole.Coordinator), job) { MaxWorkers = 3 };

    private static WorkerOptions Worker(int number, params HostPort[] seeds) => new(
        TestCluster.Options(NodeRole.Worker, seeds), [new XorTask()])
    {
        Name = $"worker-{number}",
        StepTimeout = TestCluster.Patience,
    };

    private sealed class Watcher : IJobObserver
    {
        private int _progress;

        public Action? OnFirstProgress { get; init; }

        public ConcurrentQueue<string> Notices { get; } = new();

        public void OnRoster(RosterFormed roster)
        {
        }

        public void OnProgress(JobProgress progress)
        {
            if (Interlocked.Increment(ref _progress) == 1) OnFirstProgress?.Invoke();
        }

        public void OnEpoch(EpochResult epoch)
        {
        }

        public void OnNotice(string notice) => Notices.Enqueue(notice);
    }
}
