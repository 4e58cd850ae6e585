using System.Globalization;

namespace Cluster.Train.Reduction;

/// <summary>
/// A schedule as one text: its shape, and after a colon what differs from the shape's defaults, as "cosine:warmup=200,floor=0.1".
/// The three texts of before there were names ("constant", "step:STEPS:FACTOR", "cosine:WARMUP") are kept wherever they say all,
/// so that jobs keep their hashes.
/// </summary>
internal static class ScheduleText
{
    /// <summary>What <see cref="Read(string)"/> takes, in words.</summary>
    internal const string Needs =
        "constant, linear, cosine, polynomial:power=P, onecycle, step:every=SPAN,factor=F, multistep:at=SPAN/SPAN,factor=F, exponential:factor=F, "
        + "restarts:every=SPAN, plateau:factor=F,patience=N or task:NAME, with warmup=SPAN, until=SPAN or floor=F after commas; SPAN is 200 (steps), 1.5epochs or 10%";

    private static readonly Key
        s_warmup = Span("warmup", settings => settings.Warmup, (settings, value) => settings with { Warmup = value }),
        s_every = Span("every", settings => settings.Every, (settings, value) => settings with { Every = value }),
        s_until = new("until", settings => settings.Until?.ToString() ?? "", (settings, text) => settings with { Until = RunPart.Parse(text) }),
        s_at = new("at", settings => string.Join('/', settings.At), (settings, text) => settings with { At = [.. text.Split('/').Select(RunPart.Parse)] }),
        s_floor = Number("floor", settings => settings.Floor, (settings, value) => settings with { Floor = value }, value => value is >= 0 and < 1),
        s_factor = Number("factor", settings => settings.Factor, (settings, value) => settings with { Factor = value }, IsPositive),
        s_power = Number("power", settings => settings.Power, (settings, value) => settings with { Power = value }, IsPositive),
        s_start = Number("start", settings => settings.Start, (settings, value) => settings with { Start = value }, IsPositive),
        s_end = Number("end", settings => settings.End, (settings, value) => settings with { End = value }, IsPositive),
        s_patience = new("patience", settings => Invariant($"{settings.Patience}"), (settings, text) => settings with { Patience = int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) }),
        s_gain = new("gain", settings => Invariant($"{settings.LeastGain:R}"), (settings, text) => settings with { LeastGain = Gain(text) }),
        s_times = new("times", settings => Invariant($"{settings.Times}"), (settings, text) => settings with { Times = int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) });

    private static readonly Form[] s_forms =
    [
        new("constant", ScheduleSettings.Constant, [], s_warmup),
        new("step", ScheduleSettings.Step(1, factor: 1), [s_every, s_factor], s_every, s_factor, s_warmup),
        new("cosine", ScheduleSettings.Cosine(0), [], s_warmup, s_until, s_floor),
        new("linear", ScheduleSettings.Linear(), [], s_warmup, s_until, s_floor),
        new("polynomial", ScheduleSettings.Polynomial(power: 1), [s_power], s_power, s_warmup, s_until, s_floor),
        new("onecycle", ScheduleSettings.OneCycle(), [], s_warmup, s_start, s_end),
        new("multistep", ScheduleSettings.MultiStep(factor: 1), [s_at, s_factor], s_at, s_factor, s_warmup),
        new("exponential", ScheduleSettings.Exponential(factor: 1, RunPart.Steps(1)), [s_factor], s_factor, s_every, s_warmup),
        new("plateau", ScheduleSettings.Plateau(), [], s_factor, s_patience, s_gain, s_floor, s_warmup),
        new("restarts", ScheduleSettings.Restarts(RunPart.Steps(1)), [s_every], s_every, s_times, s_warmup, s_floor),
    ];

    /// <summary>The text of a schedule; the same for schedules that are the same.</summary>
    internal static string Write(ScheduleSettings settings)
    {
        switch (settings)
        {
            case { Kind: ScheduleKind.OfTask }:
                return $"task:{settings.Name}";
            case { Kind: ScheduleKind.Step, Every.IsSteps: true } when settings.Warmup == default:
                return Invariant($"step:{settings.Every}:{settings.Factor:R}");
            case { Kind: ScheduleKind.Cosine, Warmup.IsSteps: true, Until: null, Floor: 0 }:
                return Invariant($"cosine:{settings.Warmup}");
            default:
                var form = s_forms.First(form => form.Usual.Kind == settings.Kind);
                var parts = form.Keys.Where(key => form.Needed.Contains(key) || key.Text(settings) != key.Text(form.Usual)).Select(key => $"{key.Name}={key.Text(settings)}").ToArray();
                return parts.Length == 0 ? form.Name : $"{form.Name}:{string.Join(',', parts)}";
        }
    }

    /// <summary>The schedule of a text.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    internal static ScheduleSettings Read(string text)
    {
        switch (text.Split(':'))
        {
            case ["step", var every, var factor]:
                return Read("step", [$"every={every}", $"factor={factor}"]);
            case ["cosine", var warmup] when !warmup.Contains('=', StringComparison.Ordinal):
                return ScheduleSettings.Cosine(Whole(warmup));
            case ["task", { Length: > 0 } name]:
                return ScheduleSettings.OfTask(name);
            case [var name]:
                return Read(name, []);
            case [var name, var keys]:
                return Read(name, keys.Split(','));
            default:
                throw new FormatException();
        }
    }

    private static ScheduleSettings Read(string name, string[] parts)
    {
        var form = s_forms.FirstOrDefault(form => form.Name == name) ?? throw new FormatException();
        var (settings, missing) = (form.Usual, form.Needed.ToHashSet());
        var given = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in parts.Select(part => part.Split('=')))
        {
            var key = form.Keys.FirstOrDefault(key => key.Name == pair[0]);
            if (pair.Length != 2 || key is null || !given.Add(key.Name))
            {
                throw new FormatException();
            }

            settings = key.With(settings, pair[1]);
            missing.Remove(key);
        }

        return missing.Count == 0 && settings.Times > 0 ? settings : throw new FormatException();
    }

    private static long Whole(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static double Gain(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var gain && gain >= 0 && double.IsFinite(gain)
        ? gain
        : throw new FormatException();

    private static bool IsPositive(float value) => value > 0;

    private static Key Span(string name, Func<ScheduleSettings, RunPart> of, Func<ScheduleSettings, RunPart, ScheduleSettings> with) =>
        new(name, settings => of(settings).ToString(), (settings, text) => with(settings, RunPart.Parse(text)));

    private static Key Number(
        string name, Func<ScheduleSettings, float> of, Func<ScheduleSettings, float, ScheduleSettings> with, Func<float, bool> isAllowed) => new(
        name, settings => Invariant($"{of(settings):R}"),
        (settings, text) => float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var value && float.IsFinite(value) && isAllowed(value)
            ? with(settings, value)
            : throw new FormatException());

    private sealed record Key(string Name, Func<ScheduleSettings, string> Text, Func<ScheduleSettings, string, ScheduleSettings> With);

    private sealed class Form(string name, ScheduleSettings usual, Key[] needed, params Key[] keys)
    {
        internal string Name { get; } = name;

        internal ScheduleSettings Usual { get; } = usual;

        /// <summary>Keys that a text of this shape always has.</summary>
        internal Key[] Needed { get; } = needed;

        /// <summary>All keys, in the order of the text.</summary>
        internal Key[] Keys { get; } = keys;
    }
}
