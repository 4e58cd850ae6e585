using Cluster.Train.Training;

namespace Cluster.Train.Members;

/// <summary>Sees the state of each replica of a run after each of its steps; for those who compare runs.</summary>
internal interface IStateWatch
{
    /// <summary>
    /// A replica has the state of a step: the first time when it has loaded it, then after each step, also after those that
    /// are done again. Called on its compute thread, before the next step begins; of several replicas on several at once.
    /// </summary>
    /// <param name="completedSteps">Steps of the job done; 0 for the initial state.</param>
    /// <param name="replica">The replica, to be read.</param>
    void OnState(long completedSteps, ModelReplica replica);
}
