namespace Cluster.Train.Data;

/// <summary>How a folder of images becomes training and evaluation data.</summary>
public sealed record ImageOptions
{
    /// <summary>What the images become.</summary>
    public required ImageLayout Layout { get; init; }

    /// <summary>What is done to the images while training. <b>Default</b>: nothing.</summary>
    public IReadOnlyList<ImageTransform> Augmentation { get; init; } = [];

    /// <summary>How pixels become what the model gets. <b>Default</b>: null, mean and standard deviation of the training part.</summary>
    public ImageNormalization? Normalization { get; init; }

    /// <summary>A CSV file in the folder that says which image is of which class. <b>Default</b>: null, a folder for each class.</summary>
    public string? Table { get; init; }

    /// <summary>
    /// A CSV file in the folder, like <see cref="Table"/>, of the images that are evaluated. <b>Default</b>: null, a share of those of
    /// <see cref="Table"/>.
    /// </summary>
    public string? EvaluationTable { get; init; }

    /// <summary>The column of <see cref="Table"/> with the classes. <b>Default</b>: "label".</summary>
    public string ClassColumn { get; init; } = "label";

    /// <summary>Columns of <see cref="Table"/> with numbers that are to be predicted in place of a class. <b>Default</b>: none.</summary>
    public IReadOnlyList<string> NumberColumns { get; init; } = [];

    /// <summary>How these numbers are scaled, by the training part; errors and predictions are told in their own unit. <b>Default</b>: <see cref="ColumnScaling.Standard"/>.</summary>
    public ColumnScaling TargetScaling { get; init; } = ColumnScaling.Standard;

    /// <summary>The share of each class that is evaluated, where there is no part for that. <b>Default</b>: 0.2. <b>Valid values</b>: above 0 and below 1.</summary>
    public double EvaluationShare { get; init; } = 0.2;

    /// <summary>Another seed, other images for evaluation. <b>Default</b>: 0.</summary>
    public long SplitSeed { get; init; }
}
