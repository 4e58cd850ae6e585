using Akka.Actor;
using Akka.Configuration;
using Cluster.Train.Actors;
using Cluster.Train.Benchmarks.Running;
using Cluster.Train.Coordination;
using Cluster.Train.Members;
using Cluster.Train.Membership;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.ControlPlane;

/// <summary>A job of stub workers and one coordinator in one process, with the settings of a cluster.</summary>
internal static class StubJob
{
    private const string CoordinatorDispatcher = "coordinator-alone";
    private const int SamplesOfWorker = 64;

    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(5);

    private static readonly Config Settings = ConfigurationFactory.ParseString($$"""
        {{CoordinatorDispatcher}} {
          type = Dispatcher
          throughput = 30
          executor = "{{typeof(DedicatedThreadsConfigurator).AssemblyQualifiedName}}"
          thread-count = 1
        }
        """).WithFallback(ActorSystems.Defaults);

    /// <summary>Runs one to its end.</summary>
    /// <param name="workers">How many.</param>
    /// <param name="steps">Steps to measure, after a quarter as many to warm up.</param>
    /// <param name="secondsPerStep">What a step pretends to take.</param>
    /// <returns>What a step costs the coordinator.</returns>
    internal static async Task<StepCost> RunAsync(int workers, int steps, double secondsPerStep)
    {
        var clock = new CoordinatorClock(steps / 4);
        using var system = ActorSystem.Create("control-plane", Settings);
        try
        {
            var done = new TaskCompletionSource<JobOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var services = new StubServices(clock);
            var coordinator = system.ActorOf(
                CoordinatorActor.Props(Job(workers, steps + (steps / 4)), services, done).WithDispatcher(CoordinatorDispatcher), "coordinator");
            for (var worker = 0; worker < workers; worker++)
            {
                var id = $"{worker:0000}";
                system.ActorOf(
                    WorkerActor.Props(
                        new WorkerIdentity(id, $"worker-{id}", "stub", "stub", ["stub"]), coordinator, new StubRuntime(id, Replica, secondsPerStep),
                        Timeout, new TaskCompletionSource<WorkerOutcome>()).WithDispatcher(ActorSystems.Dispatcher),
                    $"worker-{id}");
            }

            var outcome = await done.Task.WaitAsync(Timeout);
            return outcome is { Completed: true, Generations: 1 }
                ? clock.CostPerStep
                : throw new BenchmarkFailedException($"{workers} stub workers needed {outcome.Generations} generations for {outcome.Steps} steps");
        }
        catch (TimeoutException)
        {
            throw new BenchmarkFailedException($"{workers} stub workers did not do {steps} steps in {Timeout.TotalMinutes:0} minutes");
        }
        finally
        {
            await system.Terminate();
        }
    }

    private static ReplicaDescription Replica { get; } = new(
        JobHash: "", Build: "", LayoutHash: "stub", InitialHash: "stub", DataFingerprint: "stub", TrainingSamples: 1 << 24, EvaluationSamples: 0,
        VectorLength: 1 << 24, ParameterLength: 1 << 24, ParameterCount: 1 << 24, Device: "none", Numerics: "none", Processor: "none", Endpoint: null);

    private static CoordinatorSettings Job(int workers, int steps) => new()
    {
        Definition = new JobDefinition
        {
            Task = "stub",
            Seed = 0,
            Shards = workers,
            BatchSize = workers * SamplesOfWorker,
            Optimizer = OptimizerSettings.Sgd(0.1f),
            Length = new RunLength(Epochs: null, steps),
        },
        Workers = workers,
        MinWorkers = workers,
        MaxWorkers = workers,
        Topology = Topology.Sharded,
        MemberLoss = MemberLoss.IsRecovered,
        KeepsCheckpoints = false,
        CheckpointEvery = null,
        StepTimeout = Timeout,
        JoinTimeout = Timeout,
    };
}
