namespace Cluster.Train.Data;

/// <summary>What a target is.</summary>
public enum TargetKind
{
    /// <summary>One of several classes, written as words or numbers.</summary>
    Class,

    /// <summary>A number with a unit, or several of them.</summary>
    Quantity,
}

/// <summary>What stands in for a missing cell. Fitted on the training rows, before they are scaled; as in scikit-learn's <c>SimpleImputer</c>.</summary>
public enum MissingRule
{
    /// <summary>Nothing: it is refused with its line.</summary>
    Refuse,

    /// <summary>The column's mean; for numbers.</summary>
    Mean,

    /// <summary>The column's median, of an even number of values the mean of the middle two; for numbers.</summary>
    Median,

    /// <summary>The value that is there most often; of several, the least.</summary>
    MostFrequent,

    /// <summary>A category of its own; for categories.</summary>
    Category,
}

/// <summary>How numbers are scaled. Fitted on the training rows, in their order.</summary>
public enum ColumnScaling
{
    /// <summary>(value − mean) / standard deviation, the latter over all rows, not one less; a constant column is divided by 1. As <c>StandardScaler</c> in scikit-learn.</summary>
    Standard,

    /// <summary>(value − least) / (largest − least); a constant column is divided by 1. As <c>MinMaxScaler</c>.</summary>
    MinMax,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>What becomes of a category that no training row has.</summary>
public enum UnseenRule
{
    /// <summary>It is refused, with its line.</summary>
    Refuse,

    /// <summary>
    /// It is "another one": in one-hot encoding all zeros, as with <c>handle_unknown='ignore'</c> in scikit-learn; as a number the last one,
    /// of which the model has learnt nothing.
    /// </summary>
    Other,
}

/// <summary>How a model gets categories.</summary>
public enum CategoryEncoding
{
    /// <summary>As so many features of 0 and 1, one of which is 1, at the place of their column.</summary>
    OneHot,

    /// <summary>As numbers from 0, for embeddings, in a field of their own.</summary>
    Number,
}

/// <summary>Which rows are kept from training, for evaluation.</summary>
public enum SplitRule
{
    /// <summary>Any.</summary>
    Shuffled,

    /// <summary>Of each class the same share; needs a target of classes.</summary>
    Stratified,
}
