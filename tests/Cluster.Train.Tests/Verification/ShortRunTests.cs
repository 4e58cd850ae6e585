using Cluster.Train.Faults;
using Cluster.Train.Reduction;
using Cluster.Train.Running;
using Cluster.Train.Tests.Training;
using Cluster.Train.Training;
using Cluster.Train.Verification;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Verification;

/// <summary>Few steps, on processors that have other things to do.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class ShortRunTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(3, 4)]
    [InlineData(3, 11)]
    public async Task All_faults_strike_and_leave_no_trace(int workers, int steps)
    {
        using var load = new Load();
        var options = new TrainingOptions { Task = new SmallTask(), Definition = Job(steps), Workers = workers };
        var undisturbed = await LocalTraining.RunAsync(options, new TraceObserver((_, _) => { }), CancellationToken.None);
        var strike = PlannedStrike.Of(workers, steps);
        output.WriteLine($"{strike.Plan}");

        var outcome = await FaultyTraining.RunAsync(options, strike.Plan, new FaultyTrainingSettings { SnapshotEvery = strike.SnapshotEvery });

        Assert.Equal(strike.Plan.Faults.AsEnumerable(), outcome.Struck);
        Assert.Equal(undisturbed.ParametersSha256, outcome.Job.ParametersSha256);
    }

    [Fact]
    public async Task A_single_step_is_verified_as_far_as_it_goes()
    {
        var report = await JobVerification.RunAsync(new SmallTask(), new VerificationOptions { Definition = Job(steps: 1) });

        output.WriteLine($"{report}");
        Assert.True(report.AllAgree, $"{report}");
        Assert.Contains(report.Variants, variant => variant.Name == "worker killed");
        Assert.Contains(PlannedStrike.OnlyTheWorker, report.LeftOut);
    }

    private static JobDefinition Job(int steps) => new()
    {
        Task = "small",
        Seed = 3,
        Shards = 4,
        BatchSize = 32,
        Optimizer = OptimizerSettings.AdamW(0.01f),
        Length = new RunLength(null, steps),
    };

    /// <summary>Two threads a core that compute all the time.</summary>
    private sealed class Load : IDisposable
    {
        private readonly Thread[] _threads;
        private volatile bool _isOver;

        internal Load()
        {
            _threads = [.. Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => new Thread(Compute) { IsBackground = true })];
            Array.ForEach(_threads, thread => thread.Start());
        }

        public void Dispose()
        {
            _isOver = true;
            Array.ForEach(_threads, thread => thread.Join());
        }

        private void Compute()
        {
            while (!_isOver)
            {
                Thread.SpinWait(1000);
            }
        }
    }
}
