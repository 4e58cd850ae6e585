using System.Globalization;
using Cluster.Train.Tests;

namespace Cluster.Train.Scenarios.Chaos;

/// <summary>The perceptron of <c>mnist</c> with momentum: steps that cost something, and an optimizer's state that can be lost.</summary>
internal static class MnistJob
{
    internal const int Workers = 3;

    /// <summary>Training samples: the test files' 10,000 without those that are kept to evaluate.</summary>
    internal const int Samples = 8500;

    /// <summary>Of 64 samples each.</summary>
    internal const long StepsPerEpoch = 133;

    /// <summary>What a worker is told.</summary>
    internal static IReadOnlyList<string> Data => ["--data", TestData.Folder("mnist-t10k")];

    /// <summary>A job of so many epochs.</summary>
    internal static IReadOnlyList<string> Of(int epochs) =>
        ["mnist", "--shards", $"{Workers}", "--momentum", "0.9", "--epochs", epochs.ToString(CultureInfo.InvariantCulture), .. Data];
}
