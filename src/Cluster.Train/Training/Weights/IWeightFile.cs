using System.Collections.Immutable;

namespace Cluster.Train.Training;

/// <summary>A tensor in a file of weights.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="IsReal">Whether its values are real numbers, of whatever width; otherwise they are integers or booleans.</param>
internal sealed record WeightEntry(string Name, ImmutableArray<long> Shape, bool IsReal);

/// <summary>An open file of weights.</summary>
internal interface IWeightFile : IDisposable
{
    /// <summary>The file, as messages name it.</summary>
    string Label { get; }

    /// <summary>Its tensors.</summary>
    IReadOnlyCollection<WeightEntry> Tensors { get; }

    /// <summary>The values of a tensor of real numbers, row-major, exactly where float32 has them.</summary>
    float[] Floats(string name);

    /// <summary>The values of another tensor, row-major.</summary>
    long[] Integers(string name);
}
