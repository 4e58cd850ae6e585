using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;

namespace Cluster.Train.Actors;

/// <summary>Writes what the actors log to standard error, one line an event: standard output is for results.</summary>
internal sealed class StandardErrorLogger : ReceiveActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    /// <summary>Is created by the actor system.</summary>
    public StandardErrorLogger()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(entry => Context.System.Settings.LogFilter.ShouldTryKeepMessage(entry, out _), entry => Console.Error.WriteLine(
            $"{entry.Timestamp:HH:mm:ss.fff} {Level(entry)} {FirstLine(entry.Message)}{(entry.Cause is { } cause ? $" ({cause.GetType().Name}: {FirstLine(cause.Message)})" : "")}"));
    }

    // Akka writes traces into the text of some of its warnings.
    private static string FirstLine(object message) => message.ToString()?.Split('\n', 2)[0].TrimEnd() ?? "";

    private static string Level(LogEvent entry) => entry.LogLevel() switch
    {
        LogLevel.DebugLevel => "debug",
        LogLevel.InfoLevel => "info",
        LogLevel.WarningLevel => "warning",
        _ => "error",
    };
}
