using System.Collections.Immutable;

namespace Cluster.Train;

/// <summary>Where the time of workers' steps went, in seconds, of all workers together.</summary>
/// <param name="Data">Waiting for batches.</param>
/// <param name="Compute">The gradients: predictions, losses, backward.</param>
/// <param name="Wait">Waiting for other members in the exchange.</param>
/// <param name="Exchange">Sending and summing gradients, the update, and taking the new parameters.</param>
/// <param name="Evaluation">Evaluations.</param>
public readonly record struct StepTime(double Data, double Compute, double Wait, double Exchange, double Evaluation)
{
    /// <summary>All of it.</summary>
    public double Total => Data + Compute + Wait + Exchange + Evaluation;

    /// <summary>The parts with the names that metrics, traces and the closing table give them, in this order.</summary>
    public IEnumerable<(string Phase, double Seconds)> Parts =>
        [("data", Data), ("compute", Compute), ("wait", Wait), ("exchange", Exchange), ("evaluation", Evaluation)];

    /// <summary>The parts as a worker reports them: in this order, empty where nothing was measured.</summary>
    internal ImmutableArray<float> ToReport() => Total > 0 ? [.. Parts.Select(part => (float)part.Seconds)] : [];

    /// <summary>Of a report. What no clock can have measured counts as nothing.</summary>
    internal static StepTime Of(ImmutableArray<float> reported)
    {
        return new StepTime(At(0), At(1), At(2), At(3), At(4));

        double At(int part) => part < reported.Length && reported[part] is >= 0 and < 1e9f ? reported[part] : 0;
    }

    /// <summary>Both together.</summary>
    public static StepTime operator +(StepTime left, StepTime right) => new(
        left.Data + right.Data, left.Compute + right.Compute, left.Wait + right.Wait, left.Exchange + right.Exchange, left.Evaluation + right.Evaluation);

    /// <summary>Both together.</summary>
    /// <param name="other">The other.</param>
    public StepTime Add(StepTime other) => this + other;
}
