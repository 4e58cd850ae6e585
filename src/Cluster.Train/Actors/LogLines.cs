using Akka.Event;

namespace Cluster.Train.Actors;

/// <summary>
/// The lines of a log: one an event, and of each class that warns at most <see cref="LinesPerSecond"/> a second. A stranger
/// who opens a thousand connections gets a thousand warnings out of Akka.
/// </summary>
internal sealed class LogLines
{
    private const int LinesPerSecond = 10;

    private readonly Dictionary<Type, LineBudget> _budgets = [];
    private readonly ForeignBytes _foreign = new();

    /// <summary>An event's line.</summary>
    /// <param name="entry">The event.</param>
    /// <param name="second">The time, in whole seconds.</param>
    /// <returns>Null where it is kept back.</returns>
    internal string? Of(LogEvent entry, long second)
    {
        if (ForeignBytes.Caused(entry))
        {
            return _foreign.Describe(entry) is { } told ? Invariant($"{entry.Timestamp:HH:mm:ss.fff} warning {told}") : null;
        }

        var silent = 0L;
        if (entry.LogLevel() >= LogLevel.WarningLevel)
        {
            if (Budget(entry.LogClass).Take(second) is not { } kept) return null;
            silent = kept;
        }

        var cause = entry.Cause is { } error ? $" ({error.GetType().Name}: {OneLine.First(error.Message)})" : "";
        var more = silent == 0 ? "" : Invariant($" ({silent} more of {entry.LogClass.Name} since its last line)");
        // Akka writes traces into the text of some of its warnings.
        var text = OneLine.First(entry.Message.ToString() ?? "");
        return Invariant($"{entry.Timestamp:HH:mm:ss.fff} {Level(entry)} {text}{cause}{more}");
    }

    private LineBudget Budget(Type source) =>
        _budgets.TryGetValue(source, out var budget) ? budget : _budgets[source] = new LineBudget(LinesPerSecond);

    private static string Level(LogEvent entry) => entry.LogLevel() switch
    {
        LogLevel.DebugLevel => "debug",
        LogLevel.InfoLevel => "info",
        LogLevel.WarningLevel => "warning",
        _ => "error",
    };
}
