using Cluster.Train.Data;
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

    /// <summary>
    /// Opens what is there: train-* for training and t10k-* for the test, or both out of t10k-*. The files lie in the
    /// folder or, as other programs put them, in MNIST/raw or raw below it.
    /// </summary>
    /// <exception cref="BadInputException">The files are missing or cannot be used; says what lies there.</exception>
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

        var files = MnistFiles.In(folder);
        var test = OpenPair(files, "t10k")
            ?? throw new BadInputException($"'{files.Folder}' holds no {MnistFiles.Images("t10k")} and no {MnistFiles.Labels("t10k")}, with .gz or without; {files.WhatLiesThere()}; give the folder with MNIST's IDX files as --data");
        if (test.Count == 0)
        {
            throw new BadInputException($"'{files.Folder}' has no test images: its t10k files are of 0 images; fetch them again");
        }

        if (OpenPair(files, "train") is { } training)
        {
            return new TaskData(training, test);
        }

        if (files.Alike("train") is { } alike)
        {
            throw new BadInputException($"'{files.Folder}' holds {alike}, but no {MnistFiles.Images("train")} and no {MnistFiles.Labels("train")}; give the files those names, or take it away to train on a part of t10k");
        }

        var tested = test.Count * TestShare / Whole;
        var trained = test.Count - tested;
        if (tested == 0)
        {
            throw new BadInputException(Invariant($"'{files.Folder}' holds {test.Count} images in all: too few to train on some and to test on others; give at least {(Whole / TestShare) + 1}, or the train-* files as well"));
        }

        return new TaskData(new DatasetPart(test, 0, trained), new DatasetPart(test, trained, tested))
        {
            Remark = Invariant($"no {MnistFiles.Images("train")} in '{files.Folder}': training on the first {trained:N0} images of t10k, testing on the other {tested:N0}"),
        };
    }

    private static IdxDataset? OpenPair(MnistFiles files, string set)
    {
        var images = files.Find(MnistFiles.Images(set));
        var labels = files.Find(MnistFiles.Labels(set));
        if (images is null && labels is null)
        {
            return null;
        }

        var dataset = IdxDataset.Open(
            images ?? throw Missing(files, MnistFiles.Images(set), labels!),
            labels ?? throw Missing(files, MnistFiles.Labels(set), images),
            Classes, Mean, StandardDeviation);
        var shape = dataset.Fields[0].Shape;
        return shape is [_, Side, Side]
            ? dataset
            : throw new BadInputException(Invariant($"'{images}' has images of {shape[1]} x {shape[2]} pixels, not {Side} x {Side}"));
    }

    private static BadInputException Missing(MnistFiles files, string name, string present) =>
        new($"'{files.Folder}' holds {Path.GetFileName(present)}, but no {name}, with .gz or without; the two belong together; {files.WhatLiesThere()}");
}
