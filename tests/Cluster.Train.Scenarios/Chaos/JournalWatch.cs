using System.Collections.Concurrent;
using System.Diagnostics;

namespace Cluster.Train.Scenarios.Chaos;

/// <summary>Reads journals while they are written, and notes when each generation first did a step that none before had done.</summary>
internal sealed class JournalWatch : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentQueue<(int Generation, long At)> _firstNewSteps = new();
    private readonly CancellationTokenSource _end = new();
    private readonly JournalTail[] _files;
    private readonly Task _reading;
    private int _lastGeneration;
    private long _lastStep;
    private long _lastNew = Stopwatch.GetTimestamp();

    /// <summary>Begins to read; files may come to be later.</summary>
    internal JournalWatch(params IEnumerable<string> paths)
    {
        _files = [.. paths.Select(path => new JournalTail(path))];
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The last step that was done.</summary>
    internal long LastStep => Volatile.Read(ref _lastStep);

    /// <summary>How long ago the last new step was seen.</summary>
    internal TimeSpan Silence => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastNew));

    /// <summary>When each generation first did a new step. A coordinator that finds nobody of the last generation counts from 1 again.</summary>
    internal IReadOnlyCollection<(int Generation, long At)> FirstNewSteps => _firstNewSteps;

    /// <summary>Waits until a generation, or one after it, has done a new step.</summary>
    /// <exception cref="ScenarioException">It did none.</exception>
    internal async Task SeesAsync(int generation, TimeSpan patience)
    {
        var began = Stopwatch.GetTimestamp();
        while (_firstNewSteps.All(first => first.Generation < generation))
        {
            if (Stopwatch.GetElapsedTime(began) > patience) throw new ScenarioException($"waited {patience.TotalSeconds:0} s for a new step of generation {generation}");
            await Task.Delay(Pause);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading;
        _end.Dispose();
    }

    private async Task ReadAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            foreach (var line in _files.SelectMany(file => file.Read())) Take(line);
            await Task.Delay(Pause, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(JournalLine line)
    {
        if (line.Step <= _lastStep) return;
        var now = Stopwatch.GetTimestamp();
        Volatile.Write(ref _lastStep, line.Step);
        Volatile.Write(ref _lastNew, now);
        if (line.Generation == _lastGeneration) return;
        _lastGeneration = line.Generation;
        _firstNewSteps.Enqueue((line.Generation, now));
    }
}
