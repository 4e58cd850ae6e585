using Cluster.Train.Journal;
using Cluster.Train.Membership;
using Cluster.Train.Protocol;
using Cluster.Train.Reduction;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Journal;

/// <summary>A small job of three steps an epoch, the last of which is cut: 10 samples in batches of 4 on 2 shards.</summary>
internal static class JournalSample
{
    internal static JobDefinition Definition { get; } = new()
    {
        Task = "xor",
        Seed = 7,
        Shards = 2,
        BatchSize = 4,
        Optimizer = OptimizerSettings.Sgd(0.5f),
        Schedule = ScheduleSettings.Step(2, 0.5f),
        Length = new RunLength(Epochs: 2, Steps: null),
    };

    internal static ReplicaDescription Replica { get; } = new(
        Definition.Hash(), "build", "layout", "initial", "data", TrainingSamples: 10, EvaluationSamples: 0, 17, 17, 17, "cpu", "1-2-3-4-5", "a processor", Endpoint: null);

    internal static string Hash(char digit) => new(digit, 64);

    /// <summary>The report of one worker that has both shards.</summary>
    internal static StepReport Report(long first, params float[] losses) => Report(first, new ShardRange(0, 2), losses);

    internal static StepReport Report(long first, ShardRange shards, params float[] losses) =>
        new("id", 1, first, losses.Length / shards.Count, shards, [.. losses], [], Seconds: 0.1);

    internal static StepAssembler Assembler(long doneBefore = 0) => new(new BatchPlan(10, 4, 2), step => step + 0.5f, doneBefore);

    /// <summary>Writes a journal as a run of this job would.</summary>
    internal static StepJournal Opened(string path, bool append = false)
    {
        var journal = new StepJournal(path);
        journal.Open(FakeTask.Xor, Definition, Replica, append);
        return journal;
    }
}
