using System.Globalization;

namespace Cluster.Train.Training;

/// <summary>How often a job evaluates, besides at its end: every so many steps, or every so many epochs.</summary>
/// <param name="Count">How many; at least 1.</param>
/// <param name="InEpochs">Whether they are epochs, and not steps.</param>
public readonly record struct EvaluationInterval(long Count, bool InEpochs)
{
    /// <summary>The field of a job definition that has it.</summary>
    internal const string Field = "evaluate-every";

    /// <summary>At the end of each epoch: the default.</summary>
    public static EvaluationInterval Epoch { get; } = new(1, InEpochs: true);

    /// <summary>The same in steps.</summary>
    /// <param name="stepsPerEpoch">Steps of one epoch.</param>
    internal long Steps(long stepsPerEpoch) =>
        !InEpochs ? Count : Count > long.MaxValue / 2 / stepsPerEpoch ? long.MaxValue / 2 : Count * stepsPerEpoch;

    /// <summary>As it is given and shown: "200steps", "2epochs".</summary>
    public override string ToString() => Invariant($"{Count}{(InEpochs ? "epoch" : "step")}{(Count == 1 ? "" : "s")}");

    /// <summary>Reads "200steps", "1step", "2epochs" or "1epoch".</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static EvaluationInterval Parse(string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        return long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= 1
            ? text[digits..] switch
            {
                "step" or "steps" => new EvaluationInterval(count, InEpochs: false),
                "epoch" or "epochs" => new EvaluationInterval(count, InEpochs: true),
                _ => throw new FormatException(),
            }
            : throw new FormatException();
    }
}
