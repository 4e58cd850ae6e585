using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace Cluster.Train.Benchmarks.Running;

/// <summary>
/// A process of ours or of a peer that is told what to do, and answers, in lines. What it says besides is kept for the
/// case that it fails. It is killed with this object.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly string _name;
    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private ChildProcess(string name, ProcessStartInfo start)
    {
        _name = name;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start) ?? throw new BenchmarkFailedException($"{name} could not be started");
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts this program in one of its roles.</summary>
    internal static ChildProcess Role(string role, params string[] arguments)
    {
        var program = Environment.ProcessPath!;
        string[] before = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Assembly.GetEntryAssembly()!.Location] : [];
        return new ChildProcess(string.Join(' ', [role, .. arguments]), new ProcessStartInfo(program, [.. before, role, .. arguments]));
    }

    /// <summary>Starts a program with further environment variables.</summary>
    internal static ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var (variable, value) in environment)
        {
            start.Environment[variable] = value;
        }

        return new ChildProcess(string.Join(' ', start.ArgumentList), start);
    }

    /// <summary>Tells the process something.</summary>
    internal void Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for a line that begins with a word.</summary>
    /// <returns>What follows the word.</returns>
    /// <exception cref="BenchmarkFailedException">The process ended without it, or took longer.</exception>
    internal async Task<string> HearAsync(string word, TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                if (line.StartsWith(word + ' ', StringComparison.Ordinal))
                {
                    return line[(word.Length + 1)..];
                }

                Keep(line);
            }

            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new BenchmarkTimeoutException($"{_name}: waited {timeout.TotalSeconds:0} s for its '{word}'{Said()}");
        }

        throw new BenchmarkFailedException($"{_name} ended with exit code {_process.ExitCode}, without its '{word}'{Said()}");
    }

    /// <summary>Waits for a line of a process that others work with: without them it might wait for long.</summary>
    /// <param name="word">What the line begins with.</param>
    /// <param name="timeout">How long it is waited for.</param>
    /// <param name="others">None of them may fail before; one that has done its part may end.</param>
    /// <returns>What follows the word.</returns>
    /// <exception cref="BenchmarkFailedException">The process or one of the others failed, told at once, or it took longer.</exception>
    internal async Task<string> HearAsync(string word, TimeSpan timeout, IEnumerable<ChildProcess> others)
    {
        var all = others.ToArray();
        var heard = HearAsync(word, timeout);
        var ends = all.Select(other => other.SucceedAsync()).ToList();
        while (await Task.WhenAny([heard, .. ends]) is var first && first != heard)
        {
            await first;
            ends.Remove(first);
        }

        try
        {
            return await heard;
        }
        catch (BenchmarkTimeoutException timedOut)
        {
            throw new BenchmarkTimeoutException(string.Join(Environment.NewLine, all.Select(other => other.State()).Prepend(timedOut.Message)));
        }
    }

    /// <summary>Waits for a line of a word and a number.</summary>
    internal async Task<double> HearNumberAsync(string word, TimeSpan timeout, params IEnumerable<ChildProcess> others) =>
        double.Parse(await HearAsync(word, timeout, others));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Reads away what the process says until it ends: it would wait for a reader once the pipe is full.</summary>
    private async Task SucceedAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            Keep(line);
        }

        await _process.WaitForExitAsync();
        if (_process.ExitCode != 0)
        {
            throw new BenchmarkFailedException($"{_name} ended with exit code {_process.ExitCode}{Said()}");
        }
    }

    private string State() => $"{_name} {(_process.HasExited ? $"ended with exit code {_process.ExitCode}" : "runs")}{Said()}";

    private void Keep(string? line)
    {
        lock (_said)
        {
            if (line is not null) _said.AppendLine(line);
        }
    }

    private string Said()
    {
        lock (_said)
        {
            return _said.Length == 0 ? "" : $":{Environment.NewLine}{_said.ToString().TrimEnd()}";
        }
    }
}
