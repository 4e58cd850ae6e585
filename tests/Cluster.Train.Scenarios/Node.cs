using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Cluster.Train.Scenarios;

/// <summary>One process of the executable, and what it has written so far.</summary>
internal sealed class Node : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _written = new();
    private readonly List<(long Timestamp, string Text)> _lines = [];
    private readonly List<(Regex Pattern, int From, TaskCompletionSource<Match> Found)> _waiting = [];
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    /// <summary>Starts one.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="hold">CLUSTER_TRAIN_TEST_HOLD, see tests/Cluster.Train.Held; null for none.</param>
    /// <param name="args">Its command line.</param>
    internal Node(string name, string? hold, params IEnumerable<string> args)
        : this(name, hold, Executable, new Dictionary<string, string>(), args)
    {
    }

    /// <summary>Starts another program, which may start nodes.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="hold">As above.</param>
    /// <param name="program">What is started.</param>
    /// <param name="variables">Its environment, besides this process's.</param>
    /// <param name="args">Its command line.</param>
    internal Node(string name, string? hold, string program, IReadOnlyDictionary<string, string> variables, params IEnumerable<string> args)
    {
        Name = name;
        var start = new ProcessStartInfo(program, args) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        // Options of whoever runs the tests are none of the scenario's.
        foreach (var option in start.Environment.Keys.Where(key => key.StartsWith("CLUSTER_TRAIN_", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(option);
        if (hold is not null) start.Environment["CLUSTER_TRAIN_TEST_HOLD"] = hold;
        foreach (var (variable, value) in variables) start.Environment[variable] = value;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Exited += (_, _) => _exited.TrySetResult();
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The line of a coordinator that has lost a member.</summary>
    internal const string LossPattern = @"generation \d+ ends: ";

    internal string Name { get; }

    internal bool HasExited => _process.HasExited;

    /// <summary>All that it has written.</summary>
    internal string Text
    {
        get
        {
            lock (_gate) return _written.ToString();
        }
    }

    /// <summary>Its lines so far, each with the time at which it came.</summary>
    internal IReadOnlyList<(long Timestamp, string Text)> Lines
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    /// <summary>When it wrote lines that a pattern matches.</summary>
    internal IEnumerable<long> TimesOf(string pattern) =>
        Lines.Where(line => Regex.IsMatch(line.Text, pattern, RegexOptions.NonBacktracking)).Select(line => line.Timestamp);

    /// <summary>The executable that was built beside these tests, in the same configuration.</summary>
    internal static string Executable
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            var root = here.Parent!.Parent!.Parent!.Parent!.Parent!;
            return Path.Combine(
                root.FullName, "tests", "Cluster.Train.Held", "bin", here.Parent!.Name, here.Name, OperatingSystem.IsWindows() ? "cluster-train-held.exe" : "cluster-train-held");
        }
    }

    /// <summary>Waits until it has written what a pattern matches.</summary>
    /// <param name="pattern">A regular expression.</param>
    /// <param name="patience">How long.</param>
    /// <param name="from">From which position of <see cref="Text"/> on.</param>
    /// <exception cref="ScenarioException">It did not, or it ended.</exception>
    internal async Task<Match> WritesAsync(string pattern, TimeSpan patience, int from = 0)
    {
        var regex = new Regex(pattern, RegexOptions.NonBacktracking);
        var found = new TaskCompletionSource<Match>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            var match = regex.Match(_written.ToString(), from);
            if (match.Success) return match;
            _waiting.Add((regex, from, found));
        }

        await Task.WhenAny(found.Task, _exited.Task, Task.Delay(patience));
        if (found.Task.IsCompleted) return await found.Task;
        throw new ScenarioException($"waited {patience.TotalSeconds:0} s for {Name} to write /{pattern}/; {(HasExited ? $"it ended with {_process.ExitCode}" : "it still runs")}");
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="ScenarioException">It did not end.</exception>
    internal async Task<int> EndsAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new ScenarioException($"waited {patience.TotalSeconds:0} s for {Name} to end");
        }
    }

    /// <summary>SIGKILL.</summary>
    internal void Kill() => _process.Kill();

    /// <summary>Sends a signal.</summary>
    internal void Signal(Signal signal)
    {
        if (!Signals.Send(_process.Id, signal)) throw new ScenarioException($"{signal} could not be sent to {Name}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Append(string? line)
    {
        if (line is null) return;
        lock (_gate)
        {
            _lines.Add((Stopwatch.GetTimestamp(), line));
            _written.Append(line).Append('\n');
            if (_waiting.Count == 0) return;
            var text = _written.ToString();
            foreach (var waiting in _waiting.ToArray())
            {
                var match = waiting.Pattern.Match(text, waiting.From);
                if (!match.Success) continue;
                _waiting.Remove(waiting);
                waiting.Found.TrySetResult(match);
            }
        }
    }
}

/// <summary>A scenario did not go on as it should.</summary>
internal sealed class ScenarioException(string message) : Exception(message);
