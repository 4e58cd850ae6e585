using System.Collections.Immutable;
using Cluster.Train.Hosting.Dashboard;
using Cluster.Train.Nodes;
using Cluster.Train.Protocol;

namespace Cluster.Train.Browser;

/// <summary>Jobs in every state, as their observers are told of them.</summary>
internal static class Scenes
{
    private const int StepsPerEpoch = 133, Epochs = 20, Samples = 8500;

    private static readonly HostPort First = new("10.0.0.11", 4053), Second = new("10.0.0.12", 4053);

    /// <summary>The job of all.</summary>
    public static JobHeader Job { get; } = new(
        "mnist", "6f1d0a4be0c1d7b2a1f09a8d4c3b5e6f7a8b9c0d1e2f3a4b5c6d7e8f90a1b2c3",
        [("seed", "7"), ("shards", "4"), ("batch size", "64"), ("optimizer", "adamw"), ("learning rate", "0.001"), ("length", "20 epochs"), ("portable", "yes")]);

    /// <summary>The states by their word in the page.</summary>
    public static IReadOnlyDictionary<string, Func<IEnumerable<(object, double)>>> All { get; } = new Dictionary<string, Func<IEnumerable<(object, double)>>>(StringComparer.Ordinal)
    {
        ["waiting"] = () => [(Status("gathering", Crew(1, "opening"), new StatusWaiting("2 more workers", "gathering", 42)), 600)],
        ["running"] = () => Trained(12).Append((Status("running", Crew(4), waiting: null), 600)),
        ["recovering"] = () => Trained(12).Append((new JobRecovery(3, 1500, 27, "worker-host-3 ended unexpectedly"), 590))
            .Append((Status("recovering", Crew(3, "preparing"), new StatusWaiting("worker-host-2", "preparing", 9.5)), 600)),
        ["done"] = () => Trained(20).Append((Status("running", Crew(4), waiting: null), 599)).Append((new JobEnding(Outcome, Fault: null), 600)),
        ["failed"] = () => Trained(7).Append((Status("gathering", Crew(1, "ready"), new StatusWaiting("2 more workers", "gathering", 300)), 598))
            .Append((new JobEnding(Outcome: null, "waited 300 s for 2 more workers: the job needs 3 to go on, and worker-host-2 and worker-host-3 ended unexpectedly"), 600)),
        ["standing by"] = () => [(Places(here: 1), 600)],
    };

    /// <summary>64 workers, 10,000 epochs, several metrics.</summary>
    public static IEnumerable<(object, double)> Large()
    {
        yield return (new RosterFormed(1, 64, 64, "sharded", 11_173_962, 0, 200_000, 20, 50_000, 10_000), 1);
        for (var epoch = 1; epoch <= 10_000; epoch++)
        {
            var at = epoch / 20.0;
            yield return (Progress(epoch * 20, 2.3 / Math.Sqrt(epoch), at), at);
            yield return (Epoch(epoch, epoch * 20, 2.3 / Math.Sqrt(epoch), at), at);
        }

        yield return (Status("running", Crew(64), waiting: null), 599);
    }

    /// <summary>Where a job's coordinators are: the first one coordinates.</summary>
    /// <param name="here">Which one is this, from 0.</param>
    public static PlacesKnown Places(int here) => new(
    [
        new CoordinatorPlace(First, new Uri("http://10.0.0.11:8090/"), Coordinates: true, here == 0), new CoordinatorPlace(Second, new Uri("http://10.0.0.12:8090/"), Coordinates: false, here == 1),
    ]);

    private static IEnumerable<(object, double)> Trained(int epochs)
    {
        yield return ("dashboard: http://127.0.0.1:8090/", 0);
        yield return (Roster(1, 3, 0), 12);
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            var begin = 12 + (27.0 * (epoch - 1));
            for (var tenth = 1; tenth <= 10; tenth++)
            {
                var step = ((epoch - 1) * StepsPerEpoch) + (tenth * StepsPerEpoch / 10);
                var wobble = 1 + (0.3 * Math.Sin(step * 0.7));
                yield return (Progress(step, wobble * 2.3 / (1 + (step / 60.0)), begin + (2.7 * tenth)), begin + (2.7 * tenth));
            }

            yield return (Epoch(epoch, epoch * StepsPerEpoch, 2.3 / (1 + (epoch * StepsPerEpoch / 60.0)), begin + 27), begin + 27);
            yield return (new CheckpointWritten(epoch * StepsPerEpoch, "checkpoints/step"), begin + 27);
            if (epoch == 4) yield return (new JobRecovery(1, 520, 12, "worker-host-2 ended unexpectedly"), begin + 28);
            if (epoch == 4) yield return (Roster(2, 2, 520), begin + 29);
            if (epoch == 6) yield return (Roster(3, 4, 798), begin + 27.5);
        }

        yield return ("worker-host-3: the dataset has 2 files that were left out since they are no images: notes.txt, thumbs.db", 400);
        yield return (Places(here: 0), 580);
    }

    private static RosterFormed Roster(int generation, int workers, long step) =>
        new(generation, workers, 4, "sharded", 669_706, step, Epochs * StepsPerEpoch, StepsPerEpoch, Samples, 1500);

    private static JobProgress Progress(long step, double loss, double at) =>
        new(step, step * 64, loss, loss, 315 + (40 * Math.Sin(step)))
        {
            StepTime = new StepTime(0.02 * at, 0.7 * at, at > 250 ? 0.2 * (at - 250) : 0.05 * at, 0.12 * at, 0.03 * at),
        };

    private static EpochResult Epoch(int epoch, long step, double loss, double at) => new(
        epoch, step, loss,
        new EvaluationResult((0.9 * loss) + (epoch > 9 ? 0.004 * (Math.Min(epoch, 60) - 9) : 0), Math.Min(0.9921, 1 - (0.3 / epoch)) - (epoch > 9 ? 0.001 : 0), 1500)
        {
            Metrics = [new MetricResult("macro f1", 1 - (0.35 / epoch)), new MetricResult("log loss", 0.5 / epoch) { HigherIsBetter = false }],
        },
        TimeSpan.FromSeconds(at))
    {
        SamplesPerSecond = 315,
    };

    private static StatusReport Status(string phase, ImmutableArray<StatusMember> members, StatusWaiting? waiting) =>
        new("mnist", Job.Hash, phase, 3, 1596, Epochs * StepsPerEpoch, 315, "sharded", members, waiting, []);

    private static ImmutableArray<StatusMember> Crew(int workers, string last = "training") =>
    [
        .. Enumerable.Range(1, workers).Select(worker => new StatusMember(
            Invariant($"worker-host-{worker}"), Invariant($"host-{worker}.cluster.example"), worker == 2 ? "cuda:0" : "cpu", worker - 1, last == "opening" ? 0 : 1, worker == workers ? last : "training")
        {
            Processor = worker % 2 == 0 ? "AMD EPYC 7763 64-Core Processor" : "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
            SilentSeconds = worker == 2 && last != "training" ? 21 : 0.3,
        }),
    ];

    private static JobOutcome Outcome { get; } = new()
    {
        Completed = true,
        Steps = Epochs * StepsPerEpoch,
        Epochs = Epochs,
        Samples = Epochs * Samples,
        Loss = 0.05,
        Evaluation = new EvaluationResult(0.031, 0.9921, 1500) { Metrics = [new MetricResult("macro f1", 0.9919), new MetricResult("log loss", 0.031) { HigherIsBetter = false }] },
        Elapsed = TimeSpan.FromSeconds(588),
        Workers = 4,
        Topology = "sharded",
        ParameterCount = 669_706,
        ParametersSha256 = "4d9e1f5d9b5f6c7a8e0d2c4b6a8f0e1d3c5b7a9f8e6d4c2b0a1f3e5d7c9b8a6f",
        Numerics = "1-2-3-4-5",
        Processor = "a processor",
        Generations = 3,
        Recoveries = 1,
        ReplayedSteps = 12,
        Checkpoint = "checkpoints/step-000002660",
    };
}
