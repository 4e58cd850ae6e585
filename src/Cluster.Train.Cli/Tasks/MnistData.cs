using Cluster.Train.Training;

namespace Cluster.Train.Cli.Tasks;

/// <summary>MNIST's files in a folder, under their own names, with ".gz" or without.</summary>
internal static class MnistData
{
    /// <summary>Rows and columns of an image.</summary>
    internal const int Side = 28;

    private const int Classes = 10;

    // Of the 60,000 training images' pixels.
    private const float Mean = 0.1307f;
    private const float StandardDeviation = 0.3081f;

    // Of every 20 images the last 3 test: of the 10,000 of t10k, 1,500.
    private const int TestShare = 3;
    private const int Whole = 20;

    /// <summary>Opens what is there: train-* for training and t10k-* for the test, or both out of t10k-*.</summary>
    /// <exception cref="BadInputException">The files are missing or cannot be used.</exception>
    internal static TaskData Open(string? folder)
    {
        if (folder is null)
        {
            throw new BadInputException("task 'mnist' needs its files: give --data DIR, a folder with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte (and, for the whole set, train-images-idx3-ubyte and train-labels-idx1-ubyte), each with .gz or without");
        }

        if (!Directory.Exists(folder))
        {
            throw new BadInputException($"--data is '{folder}', but there is no such folder; give the one with MNIST's IDX files");
        }

        var test = OpenPair(folder, "t10k")
            ?? throw new BadInputException($"'{folder}' holds no {ImagesOf("t10k")} and no {LabelsOf("t10k")}, with .gz or without; give the folder with MNIST's IDX files as --data");
        if (OpenPair(folder, "train") is { } training)
        {
            return new TaskData(training, test);
        }

        var tested = test.Count * TestShare / Whole;
        var trained = test.Count - tested;
        return new TaskData(new DatasetPart(test, 0, trained), new DatasetPart(test, trained, tested))
        {
            Remark = Invariant($"no {ImagesOf("train")} in '{folder}': training on the first {trained:N0} images of t10k, testing on the other {tested:N0}"),
        };
    }

    private static string ImagesOf(string set) => $"{set}-images-idx3-ubyte";

    private static string LabelsOf(string set) => $"{set}-labels-idx1-ubyte";

    private static IdxDataset? OpenPair(string folder, string set)
    {
        var images = IdxFile.Find(folder, ImagesOf(set));
        var labels = IdxFile.Find(folder, LabelsOf(set));
        if (images is null && labels is null)
        {
            return null;
        }

        var dataset = IdxDataset.Open(
            images ?? throw Missing(folder, ImagesOf(set), labels!),
            labels ?? throw Missing(folder, LabelsOf(set), images),
            Classes, Mean, StandardDeviation);
        var shape = dataset.Fields[0].Shape;
        return shape is [_, Side, Side]
            ? dataset
            : throw new BadInputException(Invariant($"'{images}' has images of {shape[1]} x {shape[2]} pixels, not {Side} x {Side}"));
    }

    private static BadInputException Missing(string folder, string name, string present) =>
        new($"'{folder}' holds {Path.GetFileName(present)}, but no {name}, with .gz or without; the two belong together");
}
