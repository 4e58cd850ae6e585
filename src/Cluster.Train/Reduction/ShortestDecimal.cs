using System.Globalization;

namespace Cluster.Train.Reduction;

/// <summary>The number that a user wrote, from the float that it became: 0.9 as a double is nearer to it than the double of 0.9f.</summary>
internal static class ShortestDecimal
{
    /// <summary>The double nearest to the shortest decimal number that gives this float.</summary>
    internal static double Of(float value) => double.Parse(Invariant($"{value:R}"), CultureInfo.InvariantCulture);
}
