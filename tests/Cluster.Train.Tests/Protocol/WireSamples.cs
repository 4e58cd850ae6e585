using System.Collections.Immutable;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Protocol;

/// <summary>One message of each kind, with a value in every field.</summary>
internal static class WireSamples
{
    private static readonly ImmutableArray<HeldSnapshot> Held = [new(40, HasModel: true, [new VectorSlice(0, 8), new VectorSlice(8, 17)])];

    private static readonly JobMemo Memo = new(40, 5120, 12.5, 320, 0.25, 0.125, 1, 500, 7.5, 0.05, 2, 9, "checkpoints/step-000000040", Sums, new WatchState(20, 0.5, 0.75, 2, 40) { End = (33, 0.25), Plateau = new PlateauState(0.625, 1, [10, 30]) });

    private static MetricSums Sums => new([[3, 0.5, -0.0], [1L << 53]]);

    private static readonly TensorPage Page = new(
        0, 2,
        [
            new InitialTensor(new TensorEntry("in.weight", [4, 2], TensorRole.Trainable, 0) { Group = new ParameterGroup { WeightDecay = 0 } }, -7),
            new InitialTensor(new TensorEntry("count", [], TensorRole.IntegerBuffer, 8), 1L << 40),
        ]);

    internal static IReadOnlyList<IWireMessage> All { get; } =
    [
        new JobOffer(
            new JobDefinition
            {
                Task = "mnist",
                Settings = TaskSettings.From("mnist", [new TaskOption("model", "", "mlp")], new Dictionary<string, string> { ["model"] = "cnn" }),
                Seed = -5,
                Shards = 4,
                BatchSize = 128,
                Optimizer = OptimizerSettings.Sgd(0.1f, 0.9f) with { Nesterov = true, WeightDecay = 1e-4f },
                Schedule = ScheduleSettings.Cosine(10),
                ClipNorm = 1.5f,
                Threads = 2,
                Portable = true,
                Device = DeviceKind.Cuda,
                Length = new RunLength(null, 2000),
                Tail = TailRule.Merge,
                Watch = new WatchSettings("mae") { StopAfter = 3, LeastGain = 0.25, KeepBest = true },
                EvaluateEvery = new EvaluationInterval(200, InEpochs: false),
                NoDecay = "bias",
                Ema = 0.5f,
                Init = new InitialWeights { Sha256 = "ab12", Path = "/weights.pth", Map = new NamePrefixes("encoder.=backbone."), Skip = new NamePatterns("head.*") },
                Freeze = new NamePatterns("backbone.*"),
                SampleOrder = SampleOrder.Balanced,
                Precision = Precision.BFloat16,
            },
            Fresh: true),
        new JoinRefused("training data differs"),
        new StandBy("tried again in 60 s"),
        new PrepareGeneration(
            new Roster(
                3, Topology.Coordinator, "0f",
                [new RosterMember(0, "id", "worker-1", new ShardRange(0, 4), default, "host:1"), new RosterMember(1, "", "coordinator", new ShardRange(4, 4), new VectorSlice(0, 17), Endpoint: null)]),
            40, 2000, [new StateHolder("id", "host:1", Held)]),
        new StepLease(3, 40, 25, SnapshotKind.KeepAndHash, 40, Memo) { Reductions = [10, 30] },
        new EndGeneration(3, "worker-2 is gone"),
        new EndJob(Completed: true, "the job is done"),
        new HelloWanted("put out"),
        new WorkerHello("id", "worker-1", "host", "0.1.0 abc", ["xor", "mnist"], new PastMembership("job", 2, 3)),
        new JoinRequest(
            "id", new ReplicaDescription("job", "build", "layout", "initial", "data", 2500, 500, 17, 17, 17, "cpu", "1-2-3-4-5", "a processor", "host:1") { SampleDigest = "read", Preparation = "fitted" },
            Page, Held, [Memo], "split"),
        new MoreTensors("id", Page with { First = 3, Total = 5 }),
        new TensorsWanted(3),
        new LeaveRequest("id"),
        new WorkerPresent("id", 3, WorkerStage.Ready, Leaves: true),
        new GenerationReady("id", 3),
        new StepReport("id", 3, 40, 2, new ShardRange(1, 3), [0.5f, 0.25f, 0.125f, -1f], [new ShardEvaluation(42, 1, 12.25, 499, 500, 500, Sums) { Weight = 417.5 }], 0.125)
        {
            ShardWeights = [3f, 0f, 2.5f, 1f],
            Phases = [0.5f, 0.25f],
        },
        new EvaluationProgress("id", 3, 60, 12, 30),
        new LeaseCompleted("id", 3, 65),
        new SnapshotKept("id", 3, 65, "checksum", "sha", 0.25),
        new GenerationEnded("id", 3, Held),
        new WorkerFault("id", 3, FaultKind.ExchangeLost, "the connection to worker-2 was closed", 1),
        new WorkerNotice("id", 3, "a warning"),
        StatusRequest.Instance,
        new StatusReport(
            "xor", "job", "running", 3, 65, 2000, 1234.5, "sharded", [new StatusMember("worker-1", "host", "cpu", 1, 2, "training") { Processor = "a processor", SilentSeconds = 0.5 }],
            new StatusWaiting("worker-2", "preparing", 1.5), [new StatusFigure("mae", 0.25)])
        {
            ExitCode = 0,
            Numerics = "1-2-3-4-5",
        },
        new JobEnded(JobEnd.Stopped, "host:1", "stopped"),
        HandOver.Instance,
        HandOverAgreed.Instance,
        JobEndNoted.Instance,
    ];
}
