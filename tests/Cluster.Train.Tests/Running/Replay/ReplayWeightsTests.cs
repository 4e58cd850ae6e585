using Cluster.Train.Running;
using Cluster.Train.Running.Replay;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Running.Replay;

/// <summary>Replays of jobs that began with the weights of a file.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ReplayWeightsTests
{
    private static readonly SmallTask s_task = new() { Model = SmallTask.NormalizedWithDropout };

    [Fact]
    public async Task The_file_is_asked_for_where_the_replay_needs_it_and_must_be_the_same()
    {
        using var folder = new TemporaryFolder();
        var weights = await WeightsAsync(folder.File("first"), epochs: 1);
        var (journal, checkpoints) = (folder.File("journal.jsonl"), folder.File("second"));
        await TrainAsync(Job() with { Init = weights }, checkpoints, journal);
        var replay = new ReplayOptions { Tasks = [s_task], Journal = journal };

        await AgreesAsync(replay with { Init = folder.File("first") });
        await AgreesAsync(replay with { Checkpoint = checkpoints });
        await AgreesAsync(replay with { Checkpoint = checkpoints, Init = folder.File("first") });

        Assert.Equal(
            $"the job of journal {journal} begins with the weights of a file, whose SHA-256 is {weights.Sha256}: give it with --init, or begin with a --checkpoint",
            await RefusalAsync(replay));
        _ = await WeightsAsync(folder.File("others"), epochs: 2);
        Assert.Contains("is another file than the job's --init: its SHA-256 is ", await RefusalAsync(replay with { Init = folder.File("others") }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_began_without_one_needs_none()
    {
        using var folder = new TemporaryFolder();
        var journal = folder.File("journal.jsonl");
        await TrainAsync(Job(), checkpoints: null, journal);

        Assert.Equal(
            $"--init is 'x.pth', but the job of journal {journal} begins with its task's own values: leave it out",
            await RefusalAsync(new ReplayOptions { Tasks = [s_task], Journal = journal, Init = "x.pth" }));
    }

    private static JobDefinition Job() => JobDefinition.For(s_task) with { Shards = 4, BatchSize = 32, Length = new RunLength(2, null) };

    private static async Task<InitialWeights> WeightsAsync(string checkpoints, int epochs)
    {
        await TrainAsync(Job() with { Length = new RunLength(epochs, null) }, checkpoints, journal: null);
        return InitialWeights.FromFile(checkpoints);
    }

    private static async Task TrainAsync(JobDefinition job, string? checkpoints, string? journal)
    {
        using var result = await Trainer.TrainAsync(
            s_task, TrainingOptions.For(s_task, workers: 2) with { Definition = job, CheckpointDirectory = checkpoints, Journal = journal });
    }

    private static async Task AgreesAsync(ReplayOptions options)
    {
        var result = await JournalReplay.RunAsync(options, new LocalRun(), CancellationToken.None);
        Assert.True(result is { Complete: true, Difference: null, AgreedLosses: > 0 }, $"{result}");
    }

    private static async Task<string> RefusalAsync(ReplayOptions options) =>
        (await Assert.ThrowsAsync<BadInputException>(() => JournalReplay.RunAsync(options, new LocalRun(), CancellationToken.None))).Message;
}
