using System.Collections.Concurrent;
using Cluster.Train.Nodes;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using TorchSharp;

namespace Cluster.Train.Tests.Nodes;

/// <summary>Workers that ask to join over real connections: large models, other initial values, other builds.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class JoiningTests : IDisposable
{
    private readonly CancellationTokenSource _stop = new(TestCluster.Patience * 3);
    private readonly LoopbackNetwork _network = new();

    public void Dispose() => _stop.Dispose();

    [Theory]
    [InlineData(30_000, 0)]
    [InlineData(10_000, 400)]
    public async Task A_model_of_thousands_of_tensors_trains_in_a_cluster(int tensors, int letters)
    {
        var task = new SmallTask { Model = () => new Crafted(model => Register(model, tensors, letters)) };
        var address = FreeAddress();
        var notices = new ConcurrentQueue<string>();
        var coordinator = CoordinateAsync(Coordinator(address, task, workers: 2), new Watcher(notices.Enqueue), _stop.Token);
        var workers = Enumerable.Range(1, 2).Select(number => WorkAsync(Worker(number, address, task), _stop.Token)).ToArray();

        var end = await coordinator;

        Assert.True(end.Outcome!.Completed, string.Join('\n', notices));
        Assert.Equal((2, 1), (end.Outcome.Workers, end.Outcome.Generations));
        Assert.All(await Task.WhenAll(workers), worker => Assert.Equal(NodeEndKind.Done, worker.Kind));
    }

    [Fact]
    public async Task Workers_that_start_from_other_values_are_told_the_tensor()
    {
        SmallTask Task(float first) => new()
        {
            Model = () => new Crafted(model =>
            {
                Register(model, 3_000, letters: 20);
                model.state = torch.tensor(new[] { first, 2 });
            }),
        };

        var address = FreeAddress();
        using var stopJob = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var coordinator = CoordinateAsync(Coordinator(address, Task(1), workers: 2), new Watcher(_ => { }), stopJob.Token);
        var right = WorkAsync(Worker(1, address, Task(1)), stopJob.Token);
        var wrong = WorkAsync(Worker(2, address, Task(1.0000001f)), stopJob.Token);

        var error = await Assert.ThrowsAsync<BadInputException>(() => coordinator);
        Assert.StartsWith("the workers do not start from the same state, and nothing tells which of them is right; worker-", error.Message, StringComparison.Ordinal);
        Assert.Contains(": initial values differ: buffer 'state' starts from other values here than in the job; ", error.Message, StringComparison.Ordinal);
        await System.Threading.Tasks.Task.WhenAll(right, wrong).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_worker_of_another_build_is_refused_though_it_is_the_first()
    {
        var address = FreeAddress();
        using var stopJob = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var ours = new Cluster.Train.Cli.Tasks.XorTask();
        var coordinator = CoordinateAsync(Coordinator(address, ours, workers: 1), new Watcher(_ => { }), stopJob.Token);

        var refused = await Assert.ThrowsAsync<BadInputException>(() => WorkAsync(Worker(1, address, new Rebuilt(ours)), _stop.Token));

        Assert.Equal(
            "the coordinator refuses this worker: build differs: Cluster.Train.Tests belongs to the worker's program, and not to the job's; build once, and copy the folder to every machine",
            refused.Message);
        await stopJob.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => coordinator);
    }

    [Fact]
    public void A_build_is_its_tasks_assembly_and_what_that_uses_without_the_runtime()
    {
        var parts = BuildVersion.Of(new SmallTask()).Split("; ");

        Assert.StartsWith("Cluster.Train.Tests ", parts[0], StringComparison.Ordinal);
        Assert.Contains(parts, part => part.StartsWith($"Cluster.Train {BuildVersion.Library} ", StringComparison.Ordinal));
        Assert.Contains(parts, part => part.StartsWith("TorchSharp 0.", StringComparison.Ordinal));
        Assert.DoesNotContain(parts, part => part.StartsWith("System.", StringComparison.Ordinal) || part.StartsWith("Microsoft.", StringComparison.Ordinal));
        Assert.All(parts, part => Assert.Matches(@"^\S+ \S+ [0-9a-f]{32}$", part));
    }

    private static void Register(Crafted model, int tensors, int letters)
    {
        for (var index = 0; index < tensors; index++)
        {
            model.register_parameter($"p{index}{new string('x', letters)}", Weights.Of(torch.full([1], (float)index)));
        }
    }

    private Task<NodeEnd> CoordinateAsync(CoordinatorOptions options, IJobObserver observer, CancellationToken stop) =>
        ClusterNode.CoordinateAsync(options, _ => _network.Open(), observer, stop);

    private Task<NodeEnd> WorkAsync(WorkerOptions options, CancellationToken stop) => ClusterNode.WorkAsync(options, _ => _network.Open(), _ => { }, stop);

    private static CoordinatorOptions Coordinator(HostPort address, ITrainingTask task, int workers) => new(
        TestCluster.Options(NodeRole.Coordinator, address) with { Listen = address, Advertise = address },
        new TrainingOptions
        {
            Task = task,
            Definition = new JobDefinition
            {
                Task = task.Name,
                Seed = 5,
                Shards = 2,
                BatchSize = 32,
                Optimizer = OptimizerSettings.Sgd(0.1f),
                Length = new RunLength(null, 3),
                Settings = TaskSettings.From(task.Name, task.Options, new Dictionary<string, string>()),
            },
            Workers = workers,
            JoinTimeout = TestCluster.Patience * 2,
        })
    {
        MinWorkers = workers,
        MaxWorkers = workers,
    };

    private static WorkerOptions Worker(int number, HostPort seed, ITrainingTask task) => new(
        TestCluster.Options(NodeRole.Worker, seed), [task])
    {
        Name = $"worker-{number}",
        StepTimeout = TestCluster.Patience,
    };

    private static HostPort FreeAddress()
    {
        using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        return new HostPort("127.0.0.1", ((System.Net.IPEndPoint)probe.LocalEndpoint).Port);
    }

    /// <summary>A task that has another's name, from another assembly.</summary>
    private sealed class Rebuilt(ITrainingTask task) : ITrainingTask
    {
        public string Name => task.Name;

        public string Description => task.Description;

        public TaskData OpenData(TaskSettings settings, string? dataDirectory) => task.OpenData(settings, dataDirectory);

        public torch.nn.Module CreateModel(TaskSettings settings, TaskData data) => task.CreateModel(settings, data);

        public torch.Tensor Predict(torch.nn.Module model, Batch batch) => task.Predict(model, batch);

        public torch.Tensor Loss(torch.Tensor prediction, Batch batch) => task.Loss(prediction, batch);

        public EvaluationCounts Count(torch.Tensor prediction, Batch batch) => task.Count(prediction, batch);
    }

    private sealed class Watcher(Action<string> notice) : IJobObserver
    {
        public void OnRoster(RosterFormed roster)
        {
        }

        public void OnProgress(JobProgress progress)
        {
        }

        public void OnEpoch(EpochResult epoch)
        {
        }

        public void OnNotice(string text) => notice(text);
    }
}
