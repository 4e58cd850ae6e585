using System.Security.Cryptography;
using Cluster.Train.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Probe;

/// <summary>Prints fingerprint and content of a folder of images, augmented and not: what depends on the processor's instructions would differ.</summary>
internal static class ImagesProbe
{
    internal static int Run(string folder)
    {
        var plain = ImageDataset.WithoutTargets(folder, new ImageLayout { Height = 23, Width = 31 });
        var normalized = plain.NormalizedBy(ImageNormalization.Of(plain)).AugmentedBy(
            ImageTransform.HorizontalFlip(), ImageTransform.Shift(3), ImageTransform.RandomCrop(3), ImageTransform.Brightness(0.4), ImageTransform.Contrast(0.4), ImageTransform.Colour(0.4));
        int[] all = [.. Enumerable.Range(0, plain.Count)];
        using var evaluated = ReadSamples.Of(normalized, all);
        using var trained = ReadSamples.Of(normalized, all, epoch: 2, seed: 3);
        Console.WriteLine($"{normalized.Fingerprint}\n{Hash(evaluated)} {Hash(trained)}");
        return 0;
    }

    private static string Hash(ReadSamples read) => Convert.ToHexStringLower(SHA256.HashData(read.Bytes(0)));
}
