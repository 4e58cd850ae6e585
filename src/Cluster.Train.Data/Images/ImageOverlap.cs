namespace Cluster.Train.Data;

/// <summary>Finds images that are trained on and evaluated with, for which a model's figures are better than for images that it has not seen.</summary>
internal static class ImageOverlap
{
    /// <summary>Compares contents: the same file in both parts, or a copy of it under another name.</summary>
    /// <returns>One line for the user; null where the parts have no image in common.</returns>
    internal static string? Remark(ImageDataset training, ImageDataset evaluation)
    {
        var trained = Enumerable.Range(0, training.Count).Select(sample => Content(training, sample)).ToHashSet(StringComparer.Ordinal);
        int[] both = [.. Enumerable.Range(0, evaluation.Count).Where(sample => trained.Contains(Content(evaluation, sample)))];
        return both.Length == 0
            ? null
            : Invariant($"{both.Length:N0} of {evaluation.Count:N0} images for evaluation are trained on as well, '{evaluation.FileOf(both[0]).Path}' is the first: the figures are better than for images never seen; take them out of one part");
    }

    private static string Content(ImageDataset images, int sample) => Convert.ToHexString(images.FileOf(sample).Hash);
}
