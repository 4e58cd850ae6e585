using System.Globalization;
using Cluster.Train.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Cli.Tasks;

/// <summary>What the options of <see cref="ImagesTask"/> say.</summary>
internal static class ImageSettings
{
    // The convolutional network halves rows and columns three times.
    private const int LeastSize = 8;
    private const int MostSize = 1024;
    private const string LabelColumn = "label";

    internal static readonly IReadOnlyList<TaskOption> Options =
    [
        new("model", "cnn: three convolutions; resnet: a residual network of 13 convolutions.", "cnn", "cnn", "resnet"),
        new("size", "Rows and columns that each image is brought to, in pixels.", "32"),
        new("colour", "rgb, or grey: one channel.", "rgb", "rgb", "grey"),
        new("fit", "What becomes of images that are no squares: stretch, crop the middle, or pad with black.", "stretch", "stretch", "crop", "pad"),
        new("augment", "What is done to images at random while training, in this order: flip, shift=PIXELS, crop=PIXELS, brightness=AMOUNT, contrast=AMOUNT, colour=AMOUNT, with commas between.", "none"),
        new("normalize", "fit: by mean and deviation of the training part; none: values from 0 to 1.", "fit", "fit", "none"),
        new("labels", "A CSV file in --data with a column 'file' and those of --target; without it, there is a folder for each class.", ""),
        new("test-share", "The share of each class for evaluation where there is no part for that, above 0 and below 1.", "0.2"),
        new("split-seed", "Another number, another split.", "1"),
        new("top-k", "Also tells how often the class is among the K likeliest; 0 for not at all.", "0"),
        new("target", "The column of --labels to predict; several quantities with commas between.", LabelColumn) { OmitsDefault = true },
        new("kind", "What the target is: one of several classes, or a quantity.", "class", "class", "quantity") { OmitsDefault = true },
        new("test-file", "A CSV file in --data, like that of --labels, of the images to evaluate with, in place of a split.", "") { OmitsDefault = true },
        new("scale-target", "How a quantity is scaled in training; errors and predictions are in its own unit.", "standard", "standard", "min-max", "none") { OmitsDefault = true },
    ];

    /// <summary>How images are read.</summary>
    /// <exception cref="BadInputException">An option's value cannot be used; names it.</exception>
    internal static ImageOptions Of(TaskSettings settings)
    {
        var size = Whole(settings, "size", LeastSize, MostSize);
        var targets = Targets(settings);
        if (settings["labels"].Length == 0 && settings["test-file"].Length > 0)
        {
            throw new BadInputException("--test-file is a table like that of --labels, which is missing: give --labels, or folders 'train' and 'test' in --data, each with a folder for each class");
        }

        var layout = new ImageLayout
        {
            Height = size,
            Width = size,
            Colour = settings["colour"] == "grey" ? ImageColour.Grey : ImageColour.Rgb,
            Fit = settings["fit"] switch { "crop" => ImageFit.Crop, "pad" => ImageFit.Pad, _ => ImageFit.Stretch },
        };
        return new ImageOptions
        {
            Layout = layout,
            Augmentation = Augmentation(settings["augment"], size),
            Normalization = settings["normalize"] == "none" ? ImageNormalization.None(layout.Channels) : null,
            Table = settings["labels"] is { Length: > 0 } labels ? labels : null,
            EvaluationTable = settings["test-file"] is { Length: > 0 } test ? test : null,
            ClassColumn = targets[0],
            NumberColumns = IsClass(settings) ? [] : targets,
            TargetScaling = settings["scale-target"] switch { "min-max" => ColumnScaling.MinMax, "none" => ColumnScaling.None, _ => ColumnScaling.Standard },
            EvaluationShare = double.TryParse(settings["test-share"], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1
                ? share
                : throw new BadInputException($"--test-share is '{settings["test-share"]}'; give a share above 0 and below 1, such as 0.2"),
            SplitSeed = Whole(settings, "split-seed", 0, int.MaxValue),
        };
    }

    /// <summary>Whether the target is one of several classes.</summary>
    internal static bool IsClass(TaskSettings settings) => settings["kind"] == "class";

    /// <summary>K; 0 for none.</summary>
    /// <exception cref="BadInputException">It is none.</exception>
    internal static int TopK(TaskSettings settings) => Whole(settings, "top-k", 0, 1000) is var k && (k == 0 || IsClass(settings))
        ? k
        : throw new BadInputException("--top-k counts classes, and --kind is quantity; leave one out");

    private static string[] Targets(TaskSettings settings)
    {
        var targets = settings["target"].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return targets.Length == 0 ? throw new BadInputException("--target is empty; name the column of --labels to predict")
            : targets.Length > 1 && IsClass(settings) ? throw new BadInputException($"--target names {targets.Length} columns, and a class is one alone; name one, or set --kind to quantity")
            : targets.Distinct(StringComparer.Ordinal).Count() < targets.Length ? throw new BadInputException($"--target is '{settings["target"]}', which names a column twice; name each once")
            : settings["labels"].Length == 0 && (settings["target"] != LabelColumn || !IsClass(settings)) ? throw new BadInputException("--target and --kind quantity say what to predict of a table; give --labels: a CSV file in --data with a line for each image")
            : targets;
    }

    private static IReadOnlyList<ImageTransform> Augmentation(string text, int size)
    {
        try
        {
            var transforms = ImageTransform.Parse(text);
            // Tried, so that one that does not fit is refused before any file is read.
            foreach (var transform in transforms)
            {
                transform.Apply(new ImagePixels(size, size, 1, new byte[size * size]), new StableRandom(0));
            }

            return transforms;
        }
        catch (BadInputException error)
        {
            throw new BadInputException($"--augment: {error.Message}", error);
        }
    }

    private static int Whole(TaskSettings settings, string option, int least, int most) =>
        int.TryParse(settings[option], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new BadInputException(Invariant($"--{option} is '{settings[option]}'; give a whole number from {least} to {most}"));
}
