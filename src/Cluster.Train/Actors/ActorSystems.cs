using Akka.Actor;
using Akka.Configuration;

namespace Cluster.Train.Actors;

/// <summary>Actor systems with the defaults of <c>cluster-train.conf</c>.</summary>
internal static class ActorSystems
{
    /// <summary>The dispatcher of coordinator and worker actors.</summary>
    internal const string Dispatcher = "akka.actor.cluster-train-dispatcher";

    /// <summary>The defaults.</summary>
    internal static Config Defaults { get; } = ReadDefaults();

    /// <summary>A system without a network.</summary>
    /// <param name="logLevel">What is logged on standard error.</param>
    /// <param name="tick">How exact its timers are; null for the default.</param>
    internal static ActorSystem CreateLocal(LogDetail logLevel, TimeSpan? tick = null)
    {
        var settings = LogSetting(logLevel);
        if (tick is { } length) settings += Invariant($"\nakka.scheduler.tick-duration = {length.TotalMilliseconds:0} ms");
        return ActorSystem.Create("cluster-train", ConfigurationFactory.ParseString(settings).WithFallback(Defaults));
    }

    /// <summary>The setting of what is logged.</summary>
    internal static string LogSetting(LogDetail logLevel) => $"akka.loglevel = {logLevel.ToString().ToUpperInvariant()}";

    private static Config ReadDefaults()
    {
        using var stream = typeof(ActorSystems).Assembly.GetManifestResourceStream("cluster-train.conf")!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
