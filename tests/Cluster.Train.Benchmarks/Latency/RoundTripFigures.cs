namespace Cluster.Train.Benchmarks.Latency;

/// <summary>What a phase's round trips were, in milliseconds.</summary>
/// <param name="Asked">Questions.</param>
/// <param name="Answered">Answers.</param>
/// <param name="Median">The middle one.</param>
/// <param name="Percentile99">One in a hundred took longer.</param>
/// <param name="Most">The longest.</param>
internal sealed record RoundTripFigures(int Asked, int Answered, double Median, double Percentile99, double Most)
{
    internal static RoundTripFigures Of(double[] milliseconds, int asked)
    {
        Array.Sort(milliseconds);
        double At(double share) => milliseconds is [] ? double.NaN : milliseconds[(int)Math.Ceiling(share * milliseconds.Length) - 1];
        return new RoundTripFigures(asked, milliseconds.Length, At(0.5), At(0.99), At(1));
    }

    /// <summary>Reads what <see cref="ToLine"/> wrote.</summary>
    internal static RoundTripFigures Parse(string line) => line.Split(' ') is [var asked, var answered, var median, var percentile, var most]
        ? new RoundTripFigures(int.Parse(asked), int.Parse(answered), double.Parse(median), double.Parse(percentile), double.Parse(most))
        : throw new FormatException(line);

    /// <summary>For the process that asked for it.</summary>
    internal string ToLine() => $"{Asked} {Answered} {Median:R} {Percentile99:R} {Most:R}";
}
