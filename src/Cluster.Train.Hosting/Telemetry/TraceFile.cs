using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Hosting.Telemetry;

/// <summary>
/// The phases of steps as spans, in Chrome's trace format (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU),
/// which Perfetto opens. Written on a thread of its own; at most <see cref="MostBytes"/> long: then it stands whole, and what comes
/// later is not in it.
/// </summary>
internal sealed class TraceFile : IStepSpans, IDisposable
{
    /// <summary>How long the file gets at most: 64 MiB.</summary>
    public const long MostBytes = 64 << 20;

    private const int MostWaiting = 100_000;

    private readonly FileStream _file;
    private readonly Thread _thread;
    private readonly Action<string> _tell;
    private readonly long _mostBytes;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly object _gate = new();
    private List<(string Worker, StepSpan Span)> _spans = [], _before = [];
    private bool _ended;
    private bool _full;

    /// <summary>Begins the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tell">Is told that it is full, or cannot be written.</param>
    /// <param name="mostBytes">How long it gets at most.</param>
    public TraceFile(string path, Action<string> tell, long mostBytes = MostBytes)
    {
        (_tell, _mostBytes) = (tell, mostBytes);
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);
        _file.Write("[\n"u8);
        _thread = new Thread(Run) { IsBackground = true, Name = "trace" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Take(string worker, List<StepSpan> spans)
    {
        lock (_gate)
        {
            if (_ended || _full || _spans.Count > MostWaiting) return;
            foreach (var span in spans) _spans.Add((worker, span));
        }
    }

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_ended) return;
            _ended = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        try
        {
            while (Next() is { } spans) Write(spans);
        }
        catch (IOException exception)
        {
            _full = true;
            _tell($"the trace cannot be written any more: {exception.Message}; training goes on");
        }

        try
        {
            // Without a comma after the last one.
            Event(new { name = "process_name", ph = "M", pid = Environment.ProcessId, tid = 0, args = new { name = "cluster-train" } }, last: true);
            _file.Write("]\n"u8);
            _file.Dispose();
        }
        catch (IOException)
        {
            // It was told already, and Perfetto reads a file without an end.
        }
    }

    private List<(string Worker, StepSpan Span)>? Next()
    {
        lock (_gate)
        {
            if (!_ended) Monitor.Wait(_gate, TimeSpan.FromMilliseconds(200));
            if (_ended && _spans.Count == 0) return null;
            (_spans, _before) = (_before, _spans);
            _spans.Clear();
            return _before;
        }
    }

    private void Write(List<(string Worker, StepSpan Span)> spans)
    {
        if (_full) return;
        var text = new StringBuilder();
        foreach (var (worker, span) in spans)
        {
            if (!_rows.TryGetValue(worker, out var row))
            {
                _rows[worker] = row = _rows.Count + 1;
                Event(new { name = "thread_name", ph = "M", pid = Environment.ProcessId, tid = row, args = new { name = worker } });
            }

            text.Append(Invariant(
                $"{{\"name\":\"{span.Phase}\",\"cat\":\"step\",\"ph\":\"X\",\"ts\":{Microseconds(span.Begin - _began):0.###},\"dur\":{Microseconds(span.End - span.Begin):0.###},\"pid\":{Environment.ProcessId},\"tid\":{row},\"args\":{{\"step\":{span.Step}}}}},\n"));
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (_file.Position + bytes.Length > _mostBytes - 1024)
        {
            _full = true;
            _tell(Invariant($"the trace has reached {_mostBytes >> 10:N0} KiB: what comes later is not in it"));
            return;
        }

        _file.Write(bytes);
    }

    private void Event(object happened, bool last = false)
    {
        _file.Write(JsonSerializer.SerializeToUtf8Bytes(happened));
        _file.Write(last ? "\n"u8 : ",\n"u8);
    }

    private static double Microseconds(long ticks) => 1e6 * ticks / Stopwatch.Frequency;
}
