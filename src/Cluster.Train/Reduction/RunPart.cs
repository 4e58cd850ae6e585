using System.Globalization;

namespace Cluster.Train.Reduction;

/// <summary>A part of a run, from its beginning or from wherever it is counted: steps, epochs, or a share of all steps.</summary>
public readonly record struct RunPart
{
    private const string EpochsUnit = "epochs", ShareUnit = "%";

    private readonly long _steps;
    private readonly double _value;
    private readonly string? _unit;

    private RunPart(long steps, double value, string? unit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        (_steps, _value, _unit) = (steps, value, unit);
    }

    /// <summary>Steps.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0.</exception>
    public static RunPart Steps(long steps) => new(steps, 0, null);

    /// <summary>Passes over the training samples, also broken ones; rounded to whole steps.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0, or not a number.</exception>
    public static RunPart Epochs(double epochs) => double.IsFinite(epochs) ? new(0, epochs, EpochsUnit) : throw new ArgumentOutOfRangeException(nameof(epochs));

    /// <summary>A share of all steps of the run, from 0 to 1; rounded to whole steps.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not from 0 to 1.</exception>
    public static RunPart Share(double share) => share is >= 0 and <= 1 ? new(0, Math.Round(share * 100, 10), ShareUnit) : throw new ArgumentOutOfRangeException(nameof(share));

    /// <summary>Whether its steps depend on how long the run is.</summary>
    internal bool DependsOnLength => _unit == ShareUnit;

    /// <summary>Whether it is a number of steps as such.</summary>
    internal bool IsSteps => _unit is null;

    /// <summary>How many steps it has.</summary>
    internal long In(RunSteps run) => _unit switch
    {
        null => _steps,
        EpochsUnit => (long)Math.Round(_value * run.PerEpoch),
        _ => (long)Math.Round(_value * run.Total / 100),
    };

    /// <summary>As <c>--schedule</c> takes it: 200, 1.5epochs or 10%.</summary>
    public override string ToString() => IsSteps ? Invariant($"{_steps}") : Invariant($"{_value:R}{_unit}");

    /// <summary>The inverse.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    internal static RunPart Parse(string text)
    {
        if (text.EndsWith(EpochsUnit, StringComparison.Ordinal) && Number(text[..^EpochsUnit.Length]) is var epochs and < 1e9)
        {
            return new RunPart(0, epochs, EpochsUnit);
        }

        return text.EndsWith(ShareUnit, StringComparison.Ordinal)
            ? Number(text[..^1]) is var share and <= 100 ? new RunPart(0, share, ShareUnit) : throw new FormatException()
            : new RunPart(long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), 0, null);
    }

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var value and >= 0 && double.IsFinite(value)
        ? value + 0.0
        : throw new FormatException();
}

/// <summary>How long a run is.</summary>
/// <param name="Total">Its steps.</param>
/// <param name="PerEpoch">Steps of one epoch.</param>
public readonly record struct RunSteps(long Total, long PerEpoch);
