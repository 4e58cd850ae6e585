using Cluster.Train.Membership;

namespace Cluster.Train.Coordination;

/// <summary>The generations so far: their numbers, the last roster, and what all of its members were known to hold. Pure.</summary>
internal sealed class GenerationCount
{
    /// <summary>Generations in a row that may end before their first snapshot.</summary>
    internal const int MostFruitless = 20;

    private int _fruitless;

    /// <summary>The number of the newest generation; 0 before the first.</summary>
    internal int Last { get; private set; }

    /// <summary>Its roster; null before the first.</summary>
    internal Roster? LastRoster { get; private set; }

    /// <summary>The newest step on which all members agreed.</summary>
    internal long SealedStep { get; private set; }

    /// <summary>Whether the last generation ended because a member was lost.</summary>
    internal bool Recovers { get; private set; }

    /// <summary>A number that no generation has had.</summary>
    /// <param name="newestPast">The newest one that a worker was in, of whatever coordinator and job: workers drop what is not newer.</param>
    internal int Next(int newestPast) => Last = Math.Max(Last, newestPast) + 1;

    /// <summary>A generation begins.</summary>
    /// <param name="roster">Its roster.</param>
    /// <param name="firstStep">Steps of the job done.</param>
    internal void Begin(Roster roster, long firstStep) => (LastRoster, SealedStep, Recovers) = (roster, firstStep, false);

    /// <summary>All members agree on a step.</summary>
    internal void Seal(long step) => (SealedStep, _fruitless) = (step, 0);

    /// <summary>A generation ends because a member is lost.</summary>
    /// <returns>Whether another attempt is worth while.</returns>
    internal bool Recover()
    {
        Recovers = true;
        return ++_fruitless <= MostFruitless;
    }
}
