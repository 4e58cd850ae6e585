using System.Diagnostics;
using Cluster.Train.Actors;
using Cluster.Train.Training;

namespace Cluster.Train.Benchmarks.Local;

/// <summary>
/// A process that trains a model as <c>cluster-train train</c> does, actors and all, and says how fast it went once warm:
/// <c>rate SAMPLES_PER_SECOND</c>.
/// </summary>
internal static class TrainingRole
{
    internal const string Name = "role-train";

    /// <summary>Arguments: model, workers, global batch, seconds.</summary>
    internal static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var task = new BenchmarkTask(arguments[0]);
        var (workers, batch, seconds) = (int.Parse(arguments[1]), int.Parse(arguments[2]), int.Parse(arguments[3]));
        using var stop = new CancellationTokenSource();
        var meter = new Meter(TimeSpan.FromSeconds(seconds), stop);
        var options = new LocalTrainingOptions
        {
            Task = task,
            Definition = new JobDefinition
            {
                Task = task.Name,
                Seed = 1,
                Shards = workers,
                BatchSize = batch,
                Optimizer = task.Optimizer,
                Length = new RunLength(Epochs: null, Steps: long.MaxValue / 4),
            },
            Workers = workers,
        };
        await LocalTraining.RunAsync(options, meter, stop.Token);
        Console.WriteLine($"rate {meter.SamplesPerSecond:R}");
    }

    /// <summary>Times the run between two reports of progress, the first one after the warm-up.</summary>
    private sealed class Meter(TimeSpan duration, CancellationTokenSource stop) : IJobObserver
    {
        private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

        private readonly long _created = Stopwatch.GetTimestamp();
        private long _begun;
        private long _samplesThen;

        internal double SamplesPerSecond { get; private set; }

        public void OnRoster(RosterFormed roster)
        {
        }

        public void OnProgress(JobProgress progress)
        {
            if (_begun == 0)
            {
                if (Stopwatch.GetElapsedTime(_created) >= WarmUp)
                {
                    (_begun, _samplesThen) = (Stopwatch.GetTimestamp(), progress.CompletedSamples);
                }
            }
            else if (SamplesPerSecond == 0 && Stopwatch.GetElapsedTime(_begun) is var elapsed && elapsed >= duration)
            {
                SamplesPerSecond = (progress.CompletedSamples - _samplesThen) / elapsed.TotalSeconds;
                stop.Cancel();
            }
        }

        public void OnEpoch(EpochResult epoch)
        {
        }

        public void OnNotice(string notice)
        {
        }
    }
}
