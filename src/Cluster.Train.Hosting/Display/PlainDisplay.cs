using System.Text;

namespace Cluster.Train.Hosting.Display;

/// <summary>
/// For a pipe or a file: one line an epoch. Where an epoch takes long, a line every ten seconds says how far it is.
/// </summary>
/// <param name="output">Where the lines go.</param>
/// <param name="task">Name of the task.</param>
/// <param name="time">The clock.</param>
internal sealed class PlainDisplay(TextWriter output, string task, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(10);

    private readonly JobLines _lines = new(task);
    private long _lastLine = time.GetTimestamp();
    private long _lastEpochEnd;

    /// <summary>Writes lines until the events end.</summary>
    public void Show(JobEvents events)
    {
        while (events.Take(Timeout.InfiniteTimeSpan, out var taken))
        {
            var text = new StringBuilder();
            foreach (var happened in taken)
            {
                if (Line(happened) is { } line) text.AppendLine(line);
            }

            if (text.Length > 0)
            {
                _lastLine = time.GetTimestamp();
                output.Write(text);
                output.Flush();
            }

            events.Gather(Pause);
        }
    }

    /// <summary>What is written when this happens; null for nothing.</summary>
    internal string? Line(object happened)
    {
        if (_lines.Take(happened) is { } line)
        {
            if (happened is EpochResult epoch) _lastEpochEnd = epoch.CompletedSteps;
            return line.ToString();
        }

        // Right after an epoch's line there is nothing to add.
        return _lines.State.Steps != _lastEpochEnd && time.GetElapsedTime(_lastLine) >= LongestSilence ? _lines.Moment().ToString() : null;
    }
}
