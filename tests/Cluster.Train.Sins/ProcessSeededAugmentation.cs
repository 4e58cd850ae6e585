using Cluster.Train.Training;

namespace Cluster.Train.Sins;

/// <summary>HashCode is seeded anew in each process.</summary>
internal sealed class ProcessSeededAugmentation() : SinTask("process-seeded-augmentation")
{
    public override TaskData OpenData(TaskSettings settings, string? dataDirectory) => new(new Jittered(), new Points(40, seed: 2));

    private sealed class Jittered() : Points(120, seed: 1)
    {
        protected override float Augmentation(int sample, int epoch) => 0.1f * (float)new Random(HashCode.Combine(epoch, sample)).NextDouble();
    }
}
