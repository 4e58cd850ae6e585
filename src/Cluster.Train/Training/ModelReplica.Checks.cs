using Cluster.Train.Native;

namespace Cluster.Train.Training;

/// <summary>What is looked at, now and then or as others ask, so that a task cannot spoil a run unnoticed.</summary>
internal sealed partial class ModelReplica
{
    private readonly long _bypasses = RandomGate.Bypasses;
    private readonly long _approximations = ApproximatedFunctions.Calls;
    private long _checkAt;
    private long _checkInterval;

    /// <summary>Makes sure that no random numbers were drawn but in forward passes.</summary>
    /// <exception cref="TrainingFaultException">Random numbers were drawn that depend on timing.</exception>
    public void VerifyNoRandomDraws()
    {
        if (RandomGate.WasBypassedSince(_bypasses))
        {
            throw new TrainingFaultException(
                $"task '{_task.Name}': random numbers were drawn from libtorch's default generator outside of Predict and Loss (by data code, or on a thread of its own), so the result would depend on timing; data code draws from BatchBuffers.Random");
        }
    }

    /// <summary>Makes sure that no parameter and no buffer has become infinite or not a number, so that no such state is kept.</summary>
    /// <param name="completedSteps">Steps done, for the message.</param>
    /// <exception cref="TrainingFaultException">One has; names it.</exception>
    internal void VerifyFinite(long completedSteps) =>
        _finite.Verify(_blocks!.Parameters.Read, completedSteps);

    /// <summary>Makes sure that the task has changed nothing in the model that only the trainer may change.</summary>
    /// <param name="wholly">Whether to look at everything, or only at the values of frozen parameters.</param>
    /// <exception cref="BadInputException">It has; names what.</exception>
    internal void VerifyUnchanged(bool wholly)
    {
        if (wholly)
        {
            _watch.Check();
        }
        else
        {
            _watch.CheckFrozen();
        }
    }

    // A tensor that the task put in another's place is disposed of after its forward pass, and fails in the next one.
    private TrainingFaultException Failed(CallSite site, Exception error)
    {
        _watch.Check();
        return _calls.Failed(site, error);
    }

    /// <summary>After the first step since the replica was bound, and then ever more rarely: what a task does once, it often begins to do later.</summary>
    private void CheckNowAndThen(long step)
    {
        if (ApproximatedFunctions.Calls != _approximations)
        {
            throw new BadInputException(
                $"task '{_task.Name}': --portable cannot hold with {ApproximatedFunctions.Last}: MKL begins it with an approximation of 1/sqrt(x) that processors of AMD and of Intel round differently; "
                + "use other functions (asin(x) is atan2(x, sqrt(1 - x * x)), acos(x) is atan2(sqrt(1 - x * x), x), a Cholesky decomposition can be of float64), or leave --portable out");
        }

        if (step < _checkAt)
        {
            return;
        }

        VerifyFinite(step);
        // Before the gradients, since a tensor that was replaced may be disposed of.
        _watch.Check();
        _tensors.CheckGradients(_blocks!);
        _checkAt = step + _checkInterval;
        _checkInterval *= 2;
    }
}
