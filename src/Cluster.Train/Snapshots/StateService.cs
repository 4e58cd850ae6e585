using Cluster.Train.Exchange.Peers;

namespace Cluster.Train.Snapshots;

/// <summary>Serves this process's snapshots to whoever its listener lets in.</summary>
internal sealed class StateService
{
    private readonly StateSources _sources = new();

    /// <summary>Takes a listener's calls for snapshots.</summary>
    internal StateService(TensorListener listener) => listener.AnswerState = (job, connection, end) =>
        new StateServer(connection, piece => _sources.Find(job, piece)).RunAsync(end);

    /// <summary>Serves a job's snapshots to those that are admitted, until the result is disposed.</summary>
    internal IDisposable Serve(string job, IStateSource source) => _sources.Add(Hello.HashOf(job), source);
}
