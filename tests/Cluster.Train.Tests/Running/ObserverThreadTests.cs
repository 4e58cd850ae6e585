using System.Collections.Concurrent;
using Cluster.Train.Faults;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Faults;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Running;

/// <summary>Users' observers: what they are told, and that none of them harms a job.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ObserverThreadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void Calls_come_in_order_on_one_thread_that_is_not_the_callers()
    {
        var (seen, threads) = (new List<string>(), new HashSet<int>());
        var thread = new ObserverThread(
            new Observer(call =>
            {
                seen.Add(call);
                threads.Add(Environment.CurrentManagedThreadId);
            }),
            Unexpected, Patience);

        TellAll(thread);
        thread.Dispose();
        thread.OnNotice("too late");

        Assert.Equal(["generation 1", "progress 7", "epoch 1", "evaluation 9", "checkpoint 9", "return to 5", "notice: a word", "end: no more"], seen);
        Assert.NotEqual(Environment.CurrentManagedThreadId, Assert.Single(threads));
    }

    [Fact]
    public void What_it_throws_is_told_once_and_it_is_told_the_rest()
    {
        var (calls, told) = (0, new List<string>());
        var thread = new ObserverThread(
            new Observer(call =>
            {
                calls++;
                throw new InvalidOperationException($"not\n{call}");
            }),
            told.Add, Patience);

        TellAll(thread);
        thread.Dispose();

        Assert.Equal(8, calls);
        Assert.Equal("observer Observer threw InvalidOperationException in OnRoster: not generation 1; training goes on, and what it throws from now on is not told", Assert.Single(told));
    }

    [Fact]
    public void One_that_hangs_is_named_at_the_end_and_is_told_nothing_more()
    {
        using var release = new ManualResetEventSlim();
        using var within = new ManualResetEventSlim();
        var (seen, told) = (new ConcurrentQueue<string>(), new List<string>());
        var thread = new ObserverThread(
            new Observer(call =>
            {
                seen.Enqueue(call);
                within.Set();
                release.Wait();
            }),
            told.Add, Moment);

        thread.OnRoster(FakeEngine.Roster);
        within.Wait();
        thread.OnNotice("a word");
        thread.Dispose();
        release.Set();

        Assert.Equal("observer Observer has not come to its end within 0.05 s: it is still in OnRoster, and 1 further calls are left out; the run ends without it", Assert.Single(told));
        Assert.Equal("generation 1", Assert.Single(seen));
    }

    [Fact]
    public void For_a_slow_one_no_more_waits_than_there_are_places_and_the_end_is_always_told()
    {
        using var release = new ManualResetEventSlim();
        using var within = new ManualResetEventSlim();
        var (seen, told) = (new List<string>(), new List<string>());
        var thread = new ObserverThread(
            new Observer(call =>
            {
                seen.Add(call);
                within.Set();
                release.Wait();
            }),
            told.Add, Patience);

        thread.OnRoster(FakeEngine.Roster);
        within.Wait();
        for (var i = 0; i < 3 * ObserverThread.MostWaiting; i++) thread.OnProgress(new JobProgress(i, i, 0, 0, 0));
        for (var i = 0; i < 3 * ObserverThread.MostWaiting; i++) thread.OnNotice("a word");
        thread.OnEnd(new JobEnding(null, "no more"));
        release.Set();
        thread.Dispose();

        Assert.Equal("observer Observer is too slow: 1024 calls wait for it, and further ones are left out", Assert.Single(told));
        Assert.Equal(1 + ObserverThread.MostWaiting + 1, seen.Count);
        Assert.Equal(ObserverThread.MostWaiting / 2, seen.Count(call => call.StartsWith("progress", StringComparison.Ordinal)));
        Assert.Equal("end: no more", seen[^1]);
    }

    [Fact]
    public async Task A_job_tells_generation_evaluation_checkpoint_and_end_in_order_and_each_once()
    {
        using var folder = new TemporaryDirectory();
        var seen = new List<string>();
        var task = new SmallTask();

        using var result = await Trainer.TrainAsync(
            task, Short(task) with { CheckpointDirectory = folder["checkpoints"] },
            new Observer(call =>
            {
                if (call.StartsWith("checkpoint", StringComparison.Ordinal)) Assert.NotEmpty(Directory.GetDirectories(folder["checkpoints"], "step-*"));
                seen.Add(call);
            })).WaitAsync(Patience);

        Assert.Null(result.ObserverTrouble);
        Assert.Equal("generation 1", seen[0]);
        Assert.Equal($"end: {result.Outcome.ParametersSha256}", seen[^1]);
        Assert.Equal(["epoch 1", "epoch 2"], seen.Where(call => call.StartsWith("epoch", StringComparison.Ordinal)));
        Assert.Equal(Invariant($"checkpoint {result.Outcome.Steps}"), seen.Last(call => call.StartsWith("checkpoint", StringComparison.Ordinal)));
        Assert.Equal(seen.Count(call => call.StartsWith("checkpoint", StringComparison.Ordinal)), seen.Where(call => call.StartsWith("checkpoint", StringComparison.Ordinal)).Distinct().Count());
        Assert.Single(seen, call => call.StartsWith("end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_observer_that_throws_changes_nothing_and_the_result_says_so()
    {
        var task = new SmallTask();
        using var alone = await Trainer.TrainAsync(task, Short(task)).WaitAsync(Patience);
        using var watched = await Trainer.TrainAsync(task, Short(task), new Observer(_ => throw new InvalidOperationException("no"))).WaitAsync(Patience);

        Assert.Equal(alone.Outcome.ParametersSha256, watched.Outcome.ParametersSha256);
        Assert.StartsWith("observer Observer threw InvalidOperationException in OnRoster: no", watched.ObserverTrouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_is_told_as_the_end()
    {
        var seen = new List<string>();
        var failing = new SmallTask { LossOf = (_, _) => throw new InvalidOperationException("no loss today") };

        await Assert.ThrowsAsync<TrainingFaultException>(() => Trainer.TrainAsync(failing, Short(failing), new Observer(seen.Add)));

        Assert.Contains("no loss today", seen[^1], StringComparison.Ordinal);
        Assert.StartsWith("end: ", seen[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_programs_observer_is_told_of_the_jobs_that_it_coordinates()
    {
        var seen = new List<string>();
        var run = new HostRun { Observer = new Observer(seen.Add) };

        await run.RunLineAsync("train xor");
        Assert.Equal(["generation 1", "epoch 1", "epoch 2"], seen);

        seen.Clear();
        await run.RunLineAsync("coordinator xor");
        Assert.Equal("generation 1", seen[0]);
    }

    [Fact]
    public async Task A_programs_observer_that_throws_is_a_notice_and_ends_nothing()
    {
        var run = new HostRun { Observer = new Observer(_ => throw new InvalidOperationException("no")) };

        await run.RunLineAsync("train xor");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(2, run.Out.Split("observer Observer threw").Length);
    }

    [Fact]
    public async Task A_lost_worker_is_told_as_one_recovery()
    {
        var run = new FaultyRun();

        await run.RunAsync(new PlannedFault("worker-2", 12, FaultPhase.Compute, FaultAction.Fail, default));

        var lines = run.Story.Split('\n');
        Assert.Single(lines, line => line.StartsWith("return to step", StringComparison.Ordinal));
        Assert.StartsWith("end: ", lines[^1], StringComparison.Ordinal);
    }

    private static void Unexpected(string text) => Assert.Fail(text);

    private static void TellAll(ObserverThread thread)
    {
        thread.OnRoster(FakeEngine.Roster);
        thread.OnProgress(new JobProgress(7, 7, 0, 0, 0));
        thread.OnEpoch(new EpochResult(1, 8, 0, null, default));
        thread.OnEvaluation(new EvaluationPoint(1, 9, 0, new EvaluationResult(0, null, 1), default));
        thread.OnCheckpoint(new CheckpointWritten(9, "step-9"));
        thread.OnRecovery(new JobRecovery(1, 5, 4, "a reason"));
        thread.OnNotice("a word");
        thread.OnEnd(new JobEnding(null, "no more"));
    }

    /// <summary>Two workers, two epochs.</summary>
    private static TrainingOptions Short(ITrainingTask task)
    {
        var options = TrainingOptions.For(task, workers: 2);
        return options with
        {
            Definition = options.Definition with { Seed = 5, BatchSize = 32, Optimizer = OptimizerSettings.Sgd(0.1f), Length = new RunLength(2, null) },
        };
    }

    /// <summary>Says each call in a line.</summary>
    private sealed class Observer(Action<string> say) : IJobObserver
    {
        public void OnRoster(RosterFormed roster) => say(Invariant($"generation {roster.Generation}"));

        public void OnProgress(JobProgress progress) => say(Invariant($"progress {progress.CompletedSteps}"));

        public void OnEpoch(EpochResult epoch) => say(Invariant($"epoch {epoch.Epoch}"));

        public void OnEvaluation(EvaluationPoint point) => say(Invariant($"evaluation {point.CompletedSteps}"));

        public void OnCheckpoint(CheckpointWritten checkpoint) => say(Invariant($"checkpoint {checkpoint.Step}"));

        public void OnRecovery(JobRecovery recovery) => say(Invariant($"return to {recovery.Step}"));

        public void OnEnd(JobEnding ending) => say($"end: {ending.Fault ?? ending.Outcome!.ParametersSha256}");

        public void OnNotice(string notice) => say($"notice: {notice}");
    }
}
