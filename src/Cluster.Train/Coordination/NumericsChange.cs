using Cluster.Train.Membership;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Coordination;

/// <summary>Whether a job goes on, or is computed again, in another numerics class than it was computed in. Pure.</summary>
internal static class NumericsChange
{
    /// <summary>Compares the class that something was computed in with a replica's.</summary>
    /// <param name="what">The checkpoint or the journal.</param>
    /// <param name="numerics">Its class; null where it does not say, which is taken for no change.</param>
    /// <param name="processor">Its processor; null where it does not say.</param>
    /// <param name="replica">Who computes now.</param>
    /// <param name="portable">Whether the job is portable, so that there must be no change.</param>
    /// <returns>Null where the class is the same, otherwise what the user should read.</returns>
    /// <exception cref="BadInputException">The job is portable, and the class another.</exception>
    internal static string? Between(string what, string? numerics, string? processor, ReplicaDescription replica, bool portable)
    {
        if (numerics is null || NumericsClass.Continues(numerics, replica.Numerics))
        {
            return null;
        }

        var difference = $"{what} was computed on {processor ?? "a processor that it does not name"}, this is {replica.Processor}, and they differ in {NumericsClass.Differences(numerics, replica.Numerics)}";
        return portable
            ? throw new BadInputException($"{difference}: with --portable the bits must stay the same; use the version of Cluster.Train that made it")
            : $"{difference}: from here on the bits are others than they would have been there"
                + (replica.Device == "cpu" ? "; a job that is --portable from its start has the same on both" : "");
    }
}
