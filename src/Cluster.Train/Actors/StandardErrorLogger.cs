using System.Diagnostics;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;

namespace Cluster.Train.Actors;

/// <summary>Writes what the actors log to standard error, one line an event: standard output is for results.</summary>
internal sealed class StandardErrorLogger : ReceiveActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly LogLines _lines = new();

    /// <summary>Is created by the actor system.</summary>
    public StandardErrorLogger()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(entry => Context.System.Settings.LogFilter.ShouldTryKeepMessage(entry, out _), entry =>
        {
            if (_lines.Of(entry, Stopwatch.GetTimestamp() / Stopwatch.Frequency) is { } line) Console.Error.WriteLine(line);
        });
    }
}
