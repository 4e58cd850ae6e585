using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>What is tried before the first step, while the replica is not bound yet.</summary>
internal sealed unsafe partial class ModelReplica
{
    /// <summary>Whether the task has metrics.</summary>
    internal bool HasMetrics => !_metrics.IsEmpty;

    /// <summary>
    /// Before the replica is bound: tries a shard's forward pass in training mode. The buffers are the initial ones again afterwards.
    /// </summary>
    /// <returns>The name of the buffer that is unfit then; null for none.</returns>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    internal string? BufferSpoiltBy(Batch batch, long step, int shard)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var (site, buffers) = (new CallSite(step, shard), _tensors.Buffers.Copy());
        try
        {
            _ = _calls.Try(batch.To(Device), RandomGate.ShardSeed(_job.Seed, step, shard), site);
            return _finite.FirstUnfit(InitialValues().Read)?.Name;
        }
        catch (Exception error) when (error is not (BadInputException or TrainingFaultException))
        {
            throw _calls.Failed(site, error);
        }
        finally
        {
            _tensors.Buffers.Read(buffers);
        }
    }

    /// <summary>Before the replica is bound: asks the task's metrics for the sums of an evaluation batch.</summary>
    /// <exception cref="BadInputException">A metric failed, or gave no numbers; names it.</exception>
    /// <exception cref="TrainingFaultException">The task failed.</exception>
    internal void TryMetrics(Batch batch)
    {
        using var computing = FinalizerGate.Enter();
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        var (site, buffers) = (CallSite.Evaluation, _tensors.Buffers.Copy());
        _modes.Evaluate();
        try
        {
            batch = batch.To(Device).Scaled(_scaling);
            var prediction = _calls.Try(batch, RandomGate.EvaluationSeed(_job.Seed), site);
            _ = _calls.Measure(_metrics, prediction, batch, _calls.Count(prediction, batch, site, watch: false), site, watch: false);
        }
        catch (Exception error) when (error is not (BadInputException or TrainingFaultException))
        {
            throw _calls.Failed(site, error);
        }
        finally
        {
            _modes.Restore();
            _tensors.Buffers.Read(buffers);
        }
    }
}
