using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cluster.Train.Scenarios;

/// <summary>One node as a process of its own, with what it prints.</summary>
internal sealed partial class NodeProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(
        RepositoryRoot(), "src", "Cluster.Train.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
        new DirectoryInfo(AppContext.BaseDirectory).Name, OperatingSystem.IsWindows() ? "cluster-train.exe" : "cluster-train");

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Lock _gate = new();
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Found)> _waiters = [];

    private NodeProcess(string name, Process process) => (Name, _process) = (name, process);

    internal string Name { get; }

    /// <summary>All that it has printed.</summary>
    internal IReadOnlyList<string> Lines => [.. _lines];

    internal static NodeProcess Start(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        var process = new Process { StartInfo = start };
        var node = new NodeProcess(name, process);
        process.OutputDataReceived += (_, line) => node.Add(line.Data);
        process.ErrorDataReceived += (_, line) => node.Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return node;
    }

    /// <summary>Waits for a line.</summary>
    internal async Task<string> WaitForAsync(string what, Func<string, bool> wanted, TimeSpan timeout)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_lines.FirstOrDefault(wanted) is { } line)
            {
                return line;
            }

            _waiters.Add((wanted, found));
        }

        try
        {
            return await found.Task.WaitAsync(timeout);
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"waited {timeout.TotalSeconds:0} s for {Name} to say {what}; it said:\n{string.Join('\n', _lines.TakeLast(40))}", error);
        }
    }

    /// <summary>Waits for its end.</summary>
    internal async Task<int> ExitCodeAsync(TimeSpan timeout)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(timeout);
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"waited {timeout.TotalSeconds:0} s for {Name} to end; it said:\n{string.Join('\n', _lines.TakeLast(40))}", error);
        }

        return _process.ExitCode;
    }

    /// <summary>Sends a signal to this process, and to no other.</summary>
    internal void Signal(PosixSignalNumber signal)
    {
        if (SendSignal(_process.Id, (int)signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            _lines.Enqueue(line);
            foreach (var waiter in _waiters.Where(waiter => waiter.Wanted(line)).ToArray())
            {
                waiter.Found.TrySetResult(line);
                _waiters.Remove(waiter);
            }
        }
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Cluster.Train.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}

/// <summary>Signals by their numbers on Linux.</summary>
internal enum PosixSignalNumber
{
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
