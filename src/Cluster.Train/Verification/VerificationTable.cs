using System.Text;

namespace Cluster.Train.Verification;

/// <summary>A report as a table of 80 columns, with what is wrong below it. Pure.</summary>
internal static class VerificationTable
{
    internal const int Width = 80;

    private const int NameWidth = 46, HashWidth = 16;

    internal static string Of(VerificationReport report)
    {
        var text = new StringBuilder();
        Wrap(text, "", Title(report));
        if (report.EvaluationSamples < report.EvaluationSamplesGiven && report.EvaluationSamples > 0)
        {
            Wrap(text, "  ", Invariant($"each evaluates the same {report.EvaluationSamples:N0} of {report.EvaluationSamplesGiven:N0} test samples, spread evenly (--full: all)"));
        }

        text.AppendLine();
        Row(text, "variant", "SHA-256", "");
        foreach (var variant in report.Variants)
        {
            Row(text, variant.Name, variant.ParametersSha256?[..HashWidth] ?? "-", VerdictOf(variant));
        }

        var told = report.Variants.Where(variant => !variant.Agrees || variant.Remark is not null).ToArray();
        if (told.Length > 0)
        {
            text.AppendLine();
        }

        for (var number = 0; number < told.Length; number++)
        {
            var variant = told[number];
            Wrap(text, "  ", variant.ToString());
            // Once for all that have it in a row.
            var cause = CauseOf(variant);
            if (cause.Length > 0 && (number + 1 == told.Length || CauseOf(told[number + 1]) != cause))
            {
                Wrap(text, "  ", $"usual cause: {cause}");
            }
        }

        text.AppendLine();
        foreach (var leftOut in report.LeftOut)
        {
            Wrap(text, "  ", $"left out: {leftOut}");
        }

        var apart = report.Variants.Count(variant => !variant.Agrees);
        Wrap(text, "  ", report.Variants[0].Failure is not null
            ? "the reference did not come to its end"
            : apart == 0
            ? Invariant($"all {report.Variants.Length} agree, SHA-256 of the parameters:")
            : Invariant($"{apart} of {report.Variants.Length} do not agree with the reference"));
        if (apart == 0)
        {
            text.AppendLine(report.Variants[0].ParametersSha256);
        }

        return text.ToString();
    }

    private static string Title(VerificationReport report)
    {
        var job = report.Definition;
        var model = report.ParameterCount > 0 ? $"{Number(report.ParameterCount, "parameter")}, " : "";
        var length = report.Steps > 0 ? $", {Number(report.Steps, "step")} each" : "";
        return Invariant($"{report.Task}: {model}{Number(job.Shards, "shard")}, batch {job.BatchSize}, {job.Optimizer.Kind.ToString().ToLowerInvariant()}{length}");
    }

    private static string Number(long count, string noun) =>
        Invariant($"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    private static string CauseOf(VariantResult variant) => variant.Failure is null ? variant.Difference?.Cause ?? "" : "";

    private static string VerdictOf(VariantResult variant) => variant switch
    {
        { Failure: not null } => "failed",
        { Difference: not null } => "NOT THE SAME",
        { Kind: VariantKind.Reference } => "reference",
        _ => "same",
    };

    private static void Row(StringBuilder text, string name, string hash, string verdict) =>
        text.AppendLine($"{name.PadRight(NameWidth)}  {hash.PadRight(HashWidth)}  {verdict}".TrimEnd());

    private static void Wrap(StringBuilder text, string indent, string words)
    {
        var line = new StringBuilder();
        foreach (var word in words.Split(' '))
        {
            if (line.Length > indent.Length && line.Length + 1 + word.Length > Width)
            {
                text.Append(line).AppendLine();
                line.Clear().Append(indent);
            }
            else if (line.Length > 0)
            {
                line.Append(' ');
            }

            line.Append(word);
        }

        text.Append(line).AppendLine();
    }
}
