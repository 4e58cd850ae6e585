using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>Which images of each class are for evaluation: pure code.</summary>
internal static class ImageSplit
{
    /// <summary>Chooses.</summary>
    /// <param name="classes">Each image's class.</param>
    /// <param name="share">Above 0 and below 1.</param>
    /// <param name="seed">The seed; a class's choice does not depend on the others.</param>
    /// <returns>For each image whether it is for evaluation.</returns>
    internal static bool[] Evaluation(long[] classes, double share, long seed)
    {
        if (share is not (> 0 and < 1))
        {
            throw new BadInputException(Invariant($"the share of images for evaluation is {share}; give one above 0 and below 1"));
        }

        var chosen = new bool[classes.Length];
        foreach (var group in classes.Select((number, image) => (number, image)).GroupBy(pair => pair.number, pair => pair.image))
        {
            var images = group.ToArray();
            new StableRandom(seed, group.Key).Shuffle(images);
            var count = Math.Clamp((int)Math.Round(images.Length * share, MidpointRounding.AwayFromZero), Math.Min(1, images.Length - 1), Math.Max(images.Length - 1, 0));
            foreach (var image in images.AsSpan(0, count))
            {
                chosen[image] = true;
            }
        }

        return chosen;
    }
}
