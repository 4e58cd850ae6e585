using System.Diagnostics;
using Cluster.Train.Benchmarks.Running;

namespace Cluster.Train.Benchmarks.Training;

/// <summary>Times a job between two reports of progress, the first one after the warm-up, and then stops it.</summary>
internal sealed class Meter(TimeSpan duration, CancellationTokenSource stop) : IJobObserver
{
    internal static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    private long _first;
    private long _begun;
    private long _samplesThen;
    private ThreadTimes _timesThen;

    internal double SamplesPerSecond { get; private set; }

    /// <summary>What all threads but the workers' computed meanwhile, as a share of the cores that the machine has.</summary>
    internal double BesideWorkers { get; private set; }

    public void OnRoster(RosterFormed roster)
    {
    }

    public void OnProgress(JobProgress progress)
    {
        var now = Stopwatch.GetTimestamp();
        if (_first == 0)
        {
            _first = now;
        }
        else if (_begun == 0)
        {
            if (Stopwatch.GetElapsedTime(_first, now) >= WarmUp)
            {
                (_begun, _samplesThen, _timesThen) = (now, progress.CompletedSamples, ThreadTimes.Now());
            }
        }
        else if (SamplesPerSecond == 0 && Stopwatch.GetElapsedTime(_begun, now) is var elapsed && elapsed >= duration)
        {
            BesideWorkers = (ThreadTimes.Now() - _timesThen).Others / elapsed.TotalSeconds / Environment.ProcessorCount;
            SamplesPerSecond = (progress.CompletedSamples - _samplesThen) / elapsed.TotalSeconds;
            stop.Cancel();
        }
    }

    public void OnEpoch(EpochResult epoch)
    {
    }

    // Standard error is shown where a run fails.
    public void OnNotice(string notice) => Console.Error.WriteLine(notice);
}
