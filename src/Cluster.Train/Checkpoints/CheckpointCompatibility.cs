using Cluster.Train.Training;
using Cluster.Train.Training.Numerics;

namespace Cluster.Train.Checkpoints;

/// <summary>
/// Whether a job can go on from a checkpoint: only if it would have got there itself. The number of workers, their
/// devices' numbers and the topology are no part of a job and never matter.
/// </summary>
internal static class CheckpointCompatibility
{
    private const string Otherwise = "another --checkpoint-dir";

    /// <summary>A field in which a checkpoint and a job differ.</summary>
    /// <param name="Name">As the command line has it, without dashes: "lr", "batch-size", or the name of a task's own option.</param>
    /// <param name="Checkpoint">The checkpoint's value; null where it has none.</param>
    /// <param name="Job">The job's value; null where it has none.</param>
    public sealed record FieldDifference(string Name, string? Checkpoint, string? Job);

    /// <summary>Compares a checkpoint with a job.</summary>
    /// <param name="manifest">The checkpoint.</param>
    /// <param name="canonicalFields">The job definition's canonical form.</param>
    /// <param name="layoutHash">Identifies the model's tensors in this job.</param>
    /// <param name="dataFingerprint">Identifies the training data of this job.</param>
    /// <param name="tensors">In which tensor the two models differ, in words; null where that cannot be told.</param>
    /// <exception cref="BadInputException">They differ; the message names the first field that does, with both values.</exception>
    public static void Check(
        CheckpointManifest manifest, IReadOnlyDictionary<string, string> canonicalFields, string layoutHash, string dataFingerprint,
        string? tensors = null)
    {
        CheckJob(manifest, canonicalFields);
        if (manifest.LayoutHash != layoutHash)
        {
            var (held, wanted) = Contrast.Of(manifest.LayoutHash, layoutHash);
            throw new BadInputException(
                $"checkpoint {manifest.DirectoryName} is of a model with other tensors: {tensors ?? $"others of them are trained, or they are in other groups or in another order (layout {held}, this job's is {wanted})"}; use {Otherwise}");
        }

        if (manifest.DataFingerprint != dataFingerprint)
        {
            var (trained, given) = Contrast.Of(manifest.DataFingerprint, dataFingerprint);
            throw new BadInputException(
                $"checkpoint {manifest.DirectoryName} was trained on other data (fingerprint {trained}, this job's is {given}); use that --data or {Otherwise}");
        }
    }

    /// <summary>Compares samples as they were read with what they are now, where both are known and nothing else explains a difference.</summary>
    /// <param name="manifest">The checkpoint, of this job and of its data.</param>
    /// <param name="sampleDigest">What a few samples are as they are read now; empty where not known.</param>
    /// <param name="numerics">The numerics class of who reads: reading may compute, too.</param>
    /// <exception cref="BadInputException">They differ.</exception>
    internal static void CheckSamples(CheckpointManifest manifest, string sampleDigest, string numerics)
    {
        if (manifest.SampleDigest is { Length: > 0 } before && sampleDigest.Length > 0 && before != sampleDigest && manifest.Numerics is { } kept && NumericsClass.Continues(kept, numerics))
        {
            var (read, now) = Contrast.Of(before, sampleDigest);
            throw new BadInputException(
                $"checkpoint {manifest.DirectoryName} was trained on the same data, but its samples were read as others (digest {read}, now {now}): {ReadProbe.Mend}; use the program that wrote it, or {Otherwise}");
        }
    }

    /// <summary>Compares a checkpoint with a job whose model and data are not known yet.</summary>
    /// <exception cref="BadInputException">They differ; the message names the first field that does, with both values.</exception>
    public static void CheckJob(CheckpointManifest manifest, IReadOnlyDictionary<string, string> canonicalFields)
    {
        if (Differences(manifest.Job, canonicalFields).FirstOrDefault() is { } difference)
        {
            throw Refusal(manifest, difference);
        }
    }

    /// <summary>
    /// All fields in which a checkpoint and a job differ. Those that decide which other fields there are come first: an
    /// optimizer of another kind is the difference to name, not the numbers that the other kind does not have.
    /// </summary>
    /// <param name="checkpoint">The canonical form that the checkpoint keeps.</param>
    /// <param name="job">The job definition's canonical form.</param>
    public static IEnumerable<FieldDifference> Differences(IReadOnlyDictionary<string, string> checkpoint, IReadOnlyDictionary<string, string> job)
    {
        var was = Settings(checkpoint);
        var now = Settings(job);
        return was.Keys.Union(now.Keys)
            .OrderBy(name => name switch { "task" => 0, "optimizer" => 1, "schedule" => 2, _ => 3 })
            .ThenBy(name => name, StringComparer.Ordinal)
            .Select(name => new FieldDifference(name, was.GetValueOrDefault(name), now.GetValueOrDefault(name)))
            .Where(difference => difference.Checkpoint != difference.Job)
            .Select(difference => difference with { Name = JobReader.OptionOf(difference.Name) ?? difference.Name });
    }

    private static BadInputException Refusal(CheckpointManifest manifest, FieldDifference difference)
    {
        var (option, before, after) = difference;
        if (before?.Contains(',', StringComparison.Ordinal) == true && after?.Contains(',', StringComparison.Ordinal) != true && option is "lr" or "momentum" or "dampening" or "weight-decay" or "beta1" or "beta2" or "epsilon" or "schedule" or "clip-norm")
        {
            return new BadInputException($"checkpoint {manifest.DirectoryName} has {option} {before}, with a decimal comma: an earlier version wrote it that misread its own numbers, so that its training is not what was asked for; begin anew with {Otherwise}");
        }

        var advice = (option, before) switch
        {
            (TailRules.Field, null) => $"no --{TailRules.Field}, or {Otherwise}",
            ("init", not null) => $"--init with the file whose SHA-256 that is, or {Otherwise}",
            (_, null) => Otherwise,
            ("task", _) => $"task {before} or {Otherwise}",
            ("length", _) => $"--{string.Join(' ', before.Split(' ').Reverse())} or {Otherwise}",
            (_, "yes" or "True") => $"--{option} or {Otherwise}",
            (_, "no" or "False" or "none") => $"no --{option}, or {Otherwise}",
            _ => $"--{option} {before} or {Otherwise}",
        };
        return new BadInputException(
            $"checkpoint {manifest.DirectoryName} was trained with {option} {before ?? "not set"}, this job has {after ?? "none"}; use {advice}");
    }

    /// <summary>The fields as the user knows them: the optimizer's text taken apart into its rule and its numbers.</summary>
    private static Dictionary<string, string> Settings(IReadOnlyDictionary<string, string> fields)
    {
        var settings = new Dictionary<string, string>(fields, StringComparer.Ordinal);
        if (!fields.TryGetValue("optimizer", out var optimizer)) return settings;
        var words = optimizer.Split(' ');
        settings["optimizer"] = words[0];
        foreach (var word in words.Skip(1))
        {
            var parts = word.Split('=', 2);
            settings[parts[0]] = parts.Length == 2 ? parts[1] : "yes";
        }

        return settings;
    }
}
