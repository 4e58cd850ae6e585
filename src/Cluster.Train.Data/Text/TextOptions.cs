namespace Cluster.Train.Data;

/// <summary>How documents become samples.</summary>
public sealed record TextOptions
{
    /// <summary>The most tokens of a document. <b>Default</b>: 512.</summary>
    public int Longest { get; init; } = 512;

    /// <summary>Whether a longer document is refused by name; otherwise its beginning is taken, and how many were cut is told. <b>Default</b>: no.</summary>
    public bool RefuseLonger { get; init; }

    /// <summary>What becomes of characters that the training part has not. <b>Default</b>: one token for all of them.</summary>
    public UnknownToken Unknown { get; init; } = UnknownToken.Own;

    /// <summary>A tokenizer of its own files, in place of the characters of the training part.</summary>
    public TextTokens? Tokens { get; init; }

    /// <summary>The share of each class that is evaluated and not trained on, from 0 to below 1. <b>Default</b>: a fifth.</summary>
    public double TestShare { get; init; } = 0.2;

    /// <summary>Decides which documents those are.</summary>
    public long Seed { get; init; }
}
