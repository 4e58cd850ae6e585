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
            $"{entry.Timestamp:HH:mm:ss.fff} {Level(entry)} {entry.Message}{(entry.Cause is { } cause ? $" ({cause.GetType().Name}: {cause.Message})" : "")}"));
    }

    private static string Level(LogEvent entry) => entry.LogLevel() switch
    {
        LogLevel.DebugLevel => "debug",
        LogLevel.InfoLevel => "info",
        LogLevel.WarningLevel => "warning",
        _ => "error",
    };
}
