using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>Opens folders of images for a task.</summary>
public static class ImageData
{
    private static readonly string[] s_evaluation = ["val", "valid", "validation", "test"];

    /// <summary>
    /// Opens images to train on: "train" and one of "val", "valid", "validation" and "test" in a folder, the first that is there, each with a
    /// folder for each class; or the folders of the classes themselves, or <see cref="ImageOptions.Table"/>, of which a part is kept for evaluation.
    /// </summary>
    /// <param name="folder">The folder; null is refused.</param>
    /// <param name="options">What becomes of them.</param>
    /// <returns>The data, with a <see cref="TaskData.Preparation"/> that <see cref="ImagePreparation.Parse"/> reads.</returns>
    /// <exception cref="BadInputException">The folder or a file in it cannot be used; names it. Without <see cref="ImageOptions.Normalization"/>, all images are decoded once.</exception>
    public static TaskData Open(string? folder, ImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (training, evaluation, remark) = Parts(Given(folder), options);
        var normalization = options.Normalization;
        if (normalization is null)
        {
            normalization = ImageNormalization.Of(training);
            // The training part was decoded for it; here too, one that cannot be should not cost an epoch.
            ImageStore.ForAll(evaluation.Count, image => evaluation.Pixels(image));
        }

        var scaling = training.Scaling(options.TargetScaling);
        return new TaskData(
            training.ScaledBy(scaling).NormalizedBy(normalization).AugmentedBy(options.Augmentation), evaluation.ScaledBy(scaling).NormalizedBy(normalization))
        {
            Preparation = new ImagePreparation(options.Layout, training.Classes, normalization) { Targets = options.NumberColumns, TargetScaling = scaling }.Text,
            Remark = string.Join("; ", new[] { remark, ImageOverlap.Remark(training, evaluation) }.OfType<string>()) is { Length: > 0 } remarks ? remarks : null,
            TargetScaling = scaling,
        };
    }

    /// <summary>Opens images to be predicted: all in a folder and below it, in the ordinal order of their names.</summary>
    /// <param name="folder">The folder; null is refused.</param>
    /// <param name="preparation">That of the training.</param>
    /// <exception cref="BadInputException">The folder or a file in it cannot be used; names it.</exception>
    public static TaskData OpenNewData(string? folder, string? preparation)
    {
        var prepared = ImagePreparation.Parse(preparation);
        var images = ImageDataset.WithoutTargets(Given(folder), prepared.Layout).NormalizedBy(prepared.Normalization);
        return Whole(images, prepared, preparation);
    }

    /// <summary>Opens images with their classes or numbers, to be evaluated: all in a folder with a folder for each class, or of a table in it.</summary>
    /// <param name="folder">The folder; null is refused.</param>
    /// <param name="preparation">That of the training.</param>
    /// <param name="table"><see cref="ImageOptions.Table"/> of the training; null for a folder for each class.</param>
    /// <param name="classColumn"><see cref="ImageOptions.ClassColumn"/> of the training. Columns of numbers stand in the preparation.</param>
    /// <exception cref="BadInputException">The folder or a file in it cannot be used, or a class is one that training never saw; names it.</exception>
    public static TaskData OpenNewLabelledData(string? folder, string? preparation, string? table = null, string classColumn = "label")
    {
        var prepared = ImagePreparation.Parse(preparation);
        var images = Whole(Given(folder), prepared.Layout, table, classColumn, prepared.Targets, prepared.Classes);
        return images.Count > 0
            ? Whole(images.ScaledBy(prepared.TargetScaling).NormalizedBy(prepared.Normalization), prepared, preparation)
            : throw new BadInputException($"'{folder}' has no images: give a folder for each class, with its images in it");
    }

    private static (ImageDataset Training, ImageDataset Evaluation, string? Remark) Parts(string folder, ImageOptions options)
    {
        CheckEvaluationTable(folder, options);
        var train = Path.Combine(folder, "train");
        if (options.Table is null && options.NumberColumns.Count == 0 && Directory.Exists(train))
        {
            var training = ImageDataset.FromFolder(train, options.Layout);
            if (Array.Find(s_evaluation, name => Directory.Exists(Path.Combine(folder, name))) is { } part)
            {
                var evaluation = ImageDataset.FromFolder(Path.Combine(folder, part), options.Layout, training.Classes);
                return evaluation.Count > 0
                    ? (training, evaluation, null)
                    : throw new BadInputException($"'{Path.Combine(folder, part)}' has no images; fill it, or take it away to evaluate on a part of 'train'");
            }

            return Divided(training, options);
        }

        var whole = Whole(folder, options.Layout, options.Table, options.ClassColumn, options.NumberColumns, classes: null);
        return options.EvaluationTable is { } table
            ? (whole, Whole(folder, options.Layout, table, options.ClassColumn, options.NumberColumns, whole.Classes), null)
            : Divided(whole, options);
    }

    private static void CheckEvaluationTable(string folder, ImageOptions options)
    {
        if (options.EvaluationTable is not { } table) return;
        if (options.Table is null)
        {
            throw new BadInputException($"'{table}' names images to evaluate, and those to train on stand in no table: give the CSV file that has them, or a folder 'test' beside 'train'");
        }

        if (Path.GetFullPath(table, Path.GetFullPath(folder)) == Path.GetFullPath(options.Table, Path.GetFullPath(folder)))
        {
            throw new BadInputException($"'{table}' has the images to train on, and those to evaluate, too: give another file, or none, for a share of the images");
        }
    }

    private static ImageDataset Whole(
        string folder, ImageLayout layout, string? table, string classColumn, IReadOnlyList<string> numberColumns, IReadOnlyList<string>? classes) =>
        table is not null ? ImageDataset.FromTable(new ImageTable { Path = Path.Combine(folder, table), ClassColumn = classColumn, NumberColumns = numberColumns }, layout, classes)
        : numberColumns.Count == 0 ? ImageDataset.FromFolder(folder, layout, classes)
        : throw new BadInputException($"numbers of images, such as '{numberColumns[0]}', stand in a table: give the CSV file that has them");

    private static TaskData Whole(ImageDataset images, ImagePreparation prepared, string? text) =>
        new(new DatasetPart(images, 0, 0), images) { Preparation = text, TargetScaling = prepared.TargetScaling };

    private static (ImageDataset Training, ImageDataset Evaluation, string? Remark) Divided(ImageDataset whole, ImageOptions options)
    {
        var (training, evaluation) = whole.Split(options.EvaluationShare, options.SplitSeed);
        return (training, evaluation, Invariant($"{evaluation.Count:N0} of {whole.Count:N0} images{(whole.Classes.Count > 0 ? ", the same share of each class," : "")} are kept for evaluation"));
    }

    private static string Given(string? folder) => folder ?? throw new BadInputException("images are needed: give --data DIR, a folder with a folder for each class");
}
