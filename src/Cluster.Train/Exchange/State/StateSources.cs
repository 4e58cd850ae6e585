using System.Collections.Concurrent;
using Cluster.Train.Exchange.Tcp;

namespace Cluster.Train.Exchange.State;

/// <summary>What a process serves, by job, and to connections that have proved their membership.</summary>
internal sealed class StateSources
{
    private readonly ConcurrentDictionary<string, IStateSource> _sources = new();

    /// <summary>Serves a job's snapshots until the result is disposed; a newer source replaces an older one.</summary>
    internal IDisposable Add(string jobHash, IStateSource source)
    {
        _sources[jobHash] = source;
        return new Registration(() => _sources.TryRemove(new KeyValuePair<string, IStateSource>(jobHash, source)));
    }

    /// <summary>Answers a connection's requests until it is closed or its generation is over.</summary>
    /// <exception cref="InvalidDataException">The peer asks for what can be no piece of a snapshot.</exception>
    internal async Task ServeAsync(TensorConnection connection, GenerationSeat seat)
    {
        try
        {
            var server = new StateServer(connection, piece => _sources.TryGetValue(seat.JobHash, out var source) ? source.Find(piece) : null);
            await server.RunAsync(seat.Left).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The peer went away in the middle, fell silent, or its generation is over: it notices by itself.
        }
    }

    private sealed class Registration(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
