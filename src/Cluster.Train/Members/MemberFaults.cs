using Cluster.Train.Exchange;
using Cluster.Train.Protocol;

namespace Cluster.Train.Members;

/// <summary>What an exception on a member means for the job.</summary>
internal static class MemberFaults
{
    /// <summary>The message to the coordinator.</summary>
    internal static WorkerFault Describe(string workerId, string name, int generation, Exception error)
    {
        var cause = error is AggregateException { InnerExceptions: [var only] } ? only : error;
        return cause switch
        {
            BadInputException => new WorkerFault(workerId, generation, FaultKind.BadInput, cause.Message),
            ExchangeAbortedException { Unreached: { } rank } => new WorkerFault(workerId, generation, FaultKind.Unreached, cause.Message, rank),
            ExchangeAbortedException => new WorkerFault(workerId, generation, FaultKind.ExchangeLost, cause.Message),
            TrainingFaultException => new WorkerFault(workerId, generation, FaultKind.Task, $"{cause.Message} ({name})"),
            _ => new WorkerFault(
                workerId, generation, FaultKind.Task, $"{cause.GetType().Name}: {OneLine.Of(cause.Message)} ({name})"),
        };
    }
}
