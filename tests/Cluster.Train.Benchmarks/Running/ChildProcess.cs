using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace Cluster.Train.Benchmarks.Running;

/// <summary>
/// A process of ours or of a peer that is told what to do, and answers, in lines. What it writes on standard error is
/// kept for the case that it fails. It is killed with this object.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly string _name;
    private readonly Process _process;
    private readonly StringBuilder _errors = new();

    private ChildProcess(string name, ProcessStartInfo start)
    {
        _name = name;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = Process.Start(start) ?? throw new BenchmarkFailedException($"{name} could not be started");
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
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
            }
        }
        catch (OperationCanceledException)
        {
            throw new BenchmarkTimeoutException($"{_name}: waited {timeout.TotalSeconds:0} s for its '{word}'{Errors()}");
        }

        throw new BenchmarkFailedException($"{_name} ended without its '{word}'{Errors()}");
    }

    /// <summary>Waits for a line of a word and a number.</summary>
    internal async Task<double> HearNumberAsync(string word, TimeSpan timeout) => double.Parse(await HearAsync(word, timeout));

    /// <summary>Waits for the process's end.</summary>
    /// <exception cref="BenchmarkFailedException">It failed, or took longer.</exception>
    internal async Task EndAsync(TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout);
        try
        {
            // What it says is read away: it would wait for a reader once the pipe is full.
            var said = await _process.StandardOutput.ReadToEndAsync(deadline.Token);
            await _process.WaitForExitAsync(deadline.Token);
            if (_process.ExitCode != 0)
            {
                throw new BenchmarkFailedException($"{_name} ended with exit code {_process.ExitCode}:{Environment.NewLine}{said}{Errors()}");
            }
        }
        catch (OperationCanceledException)
        {
            throw new BenchmarkTimeoutException($"{_name}: waited {timeout.TotalSeconds:0} s for its end{Errors()}");
        }
    }

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

    private string Errors()
    {
        lock (_errors)
        {
            return _errors.Length == 0 ? "" : $":{Environment.NewLine}{_errors}";
        }
    }
}
