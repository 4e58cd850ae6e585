namespace Cluster.Train.Training;

/// <summary>The metrics that are built in.</summary>
public abstract partial class Metric
{
    /// <summary>
    /// "accuracy": correct decisions / all decisions. What a decision is holds for all metrics of classes: where the prediction is
    /// <c>[…, classes]</c> and the target <c>[…]</c> of class numbers, the class with the largest output; otherwise, with as many
    /// outputs as targets, class 1 for a logit above 0, and the target is 1 (or above 0.5). Targets of -100 do not count, as in
    /// <c>torch.nn.functional.cross_entropy</c>.
    /// </summary>
    public static Metric Accuracy() => new AccuracyMetric();

    /// <summary>"top-5" for k = 5: the share of targets that are among the k largest of the outputs <c>[…, classes]</c>.</summary>
    /// <param name="k">At least 1, and at most the number of classes.</param>
    public static Metric TopK(int k) => new TopKMetric(k);

    /// <summary>
    /// "precision", "macro-precision" or "micro-precision": of the decisions for a class, the share that is correct; 0 where there
    /// are none. As <c>sklearn.metrics.precision_score</c>.
    /// </summary>
    /// <param name="average">Over which classes.</param>
    public static Metric Precision(ClassAverage average = ClassAverage.Positive) => new ClassMetric("precision", average, ClassMetric.OfPrecision);

    /// <summary>"recall", "macro-recall" or "micro-recall": of the targets of a class, the share that is found; 0 where there are none. As <c>sklearn.metrics.recall_score</c>.</summary>
    /// <param name="average">Over which classes.</param>
    public static Metric Recall(ClassAverage average = ClassAverage.Positive) => new ClassMetric("recall", average, ClassMetric.OfRecall);

    /// <summary>"f1", "macro-f1" or "micro-f1": the harmonic mean of precision and recall. As <c>sklearn.metrics.f1_score</c>.</summary>
    /// <param name="average">Over which classes.</param>
    public static Metric F1(ClassAverage average = ClassAverage.Macro) => new ClassMetric("f1", average, ClassMetric.OfF1);

    /// <summary>
    /// "confusion-matrix": how many decisions each class (row) got for each class (column); at most 128 classes. Told in
    /// <c>--summary</c> only.
    /// </summary>
    public static Metric ConfusionMatrix() => new ConfusionMatrixMetric();

    /// <summary>"mae": the mean absolute error over samples and outputs, in the unit of <see cref="Batch.TargetScaling"/>.</summary>
    public static Metric MeanAbsoluteError() => new ErrorMetric("mae", squared: false);

    /// <summary>"rmse": the root of the mean squared error over samples and outputs, in the unit of <see cref="Batch.TargetScaling"/>.</summary>
    public static Metric RootMeanSquaredError() => new ErrorMetric("rmse", squared: true);

    /// <summary>
    /// "r2": the coefficient of determination, 1 - (squared errors / squared distances from the mean), the mean over the outputs of a
    /// target <c>[batch, outputs]</c>. As <c>sklearn.metrics.r2_score</c>, a constant target included: 1 where it is met exactly, else 0.
    /// Squares of targets are summed in two halves, so that a mean far from zero costs no digits of the variance.
    /// </summary>
    public static Metric R2() => new R2Metric();

    /// <summary>"perplexity": e to the mean negative log-likelihood of the targets <c>[…]</c> under the logits <c>[…, classes]</c>; targets of -100 do not count.</summary>
    public static Metric Perplexity() => new PerplexityMetric();

    /// <summary>
    /// "auc": the area under the ROC curve of two classes. The probability of class 1 (the sigmoid of one logit, or the softmax of
    /// two) falls into one of <paramref name="bins"/> equal bins; two samples of one bin count as a tie. So it is exact for
    /// probabilities that are no closer than 1 / bins, and otherwise off by at most half the share of pairs that share a bin.
    /// </summary>
    /// <param name="bins">From 2 to 8,192.</param>
    public static Metric AreaUnderCurve(int bins = 1_000) => new AucMetric(bins);
}

/// <summary>How a metric of each class becomes one number.</summary>
public enum ClassAverage
{
    /// <summary>The metric of class 1, for tasks of two classes.</summary>
    Positive,

    /// <summary>The mean over the classes that occur in targets or decisions, each counting the same.</summary>
    Macro,

    /// <summary>Of all decisions together.</summary>
    Micro,
}
