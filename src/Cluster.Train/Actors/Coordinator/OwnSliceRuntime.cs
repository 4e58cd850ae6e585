using System.Collections.Concurrent;
using Cluster.Train.Protocol;

namespace Cluster.Train.Actors.Coordinator;

/// <summary>The coordinator's own slice, on a thread of its own that calls no libtorch.</summary>
internal sealed class OwnSliceRuntime : MemberRuntime
{
    private readonly ProcessContext _process;
    private readonly BlockingCollection<(Action Work, TaskCompletionSource Done)> _queue = [];

    internal OwnSliceRuntime(ProcessContext process)
    {
        _process = process;
        new Thread(Work) { IsBackground = true, Name = "coordinator-slice" }.Start();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        _queue.CompleteAdding();
    }

    /// <inheritdoc/>
    protected override Task RunOnThread(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add((work, done));
        return done.Task;
    }

    /// <inheritdoc/>
    protected override MemberLoop CreateLoop(PrepareGeneration generation, Action<IGenerationMessage> sink)
    {
        var member = generation.Roster.Members.Single(candidate => candidate.IsCoordinator);
        var owner = _process.Owner(generation.Roster, member)!;
        var exchange = _process.Join(generation.Roster, member, owner);
        return new OwnSliceLoop(generation.Generation, exchange, owner, _process.Snapshots, _ => _process.Stored!, sink);
    }

    private void Work()
    {
        foreach (var (work, done) in _queue.GetConsumingEnumerable())
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        }

        _queue.Dispose();
    }
}
