using TorchSharp;

namespace Cluster.Train.Training;

/// <summary>What is not wrong enough to end a run, and not right: told once, however often it happens.</summary>
/// <param name="task">The task's name.</param>
/// <param name="shards">Shards of the job.</param>
/// <param name="weighted">Whether the task says what its losses count.</param>
internal sealed class TaskNotices(string task, int shards, bool weighted)
{
    /// <summary>What cross_entropy and nll_loss leave out where nothing else is asked for.</summary>
    private const long IgnoredTarget = -100;

    private const int Most = 20;

    private readonly HashSet<string> _told = [];

    /// <summary>Takes the lines; nobody until a run begins.</summary>
    internal Action<string>? Tell { private get; set; }

    /// <summary>A text without its numbers, which differ with shard and worker.</summary>
    internal static string Kind(string text) => string.Concat(text.Where(character => !char.IsAsciiDigit(character)));

    /// <summary>A warning of libtorch within a callback.</summary>
    internal void Warning(string callback, string text)
    {
        var remedy = text.Contains("target size", StringComparison.Ordinal)
            ? " Give both the same shape, for example with prediction.squeeze(1) or batch.Target.unsqueeze(1)."
            : "";
        Once($"task '{task}': libtorch warns of {callback}: {OneLine.Of(text)}{remedy}");
    }

    /// <summary>Looks for targets that a loss leaves out, for a mean over the others is weighted as one over all.</summary>
    internal void LookAt(Batch batch)
    {
        if (shards == 1 || weighted || batch.Tensors is not [_, { dtype: torch.ScalarType.Int64, device_type: DeviceType.CPU } target, ..])
        {
            return;
        }

        if (target.data<long>().Contains(IgnoredTarget))
        {
            Once(Invariant(
                $"task '{task}': targets of {IgnoredTarget} are left out by torch's losses (ignore_index), but a shard's mean counts by its samples, those left out included: where {shards} shards hold different numbers of them, the result is not the mean over the batch; say in Weight how many are not left out, or give --shards 1"));
        }
    }

    /// <summary>Outputs and targets that have as many values in other shapes, [8] and [8, 1]: a loss may compare each with each.</summary>
    /// <returns>The outputs' numbers and the fields' of the targets.</returns>
    /// <remarks>After Loss: of losses that are called with both torch itself has warned.</remarks>
    internal IReadOnlyList<(int Output, int Field)> MayBroadcast(Prediction prediction, Batch batch)
    {
        if (_told.Any(text => text.Contains("target size", StringComparison.Ordinal)))
        {
            return [];
        }

        var outputs = prediction.All.ToArray();
        return
        [
            .. from field in Enumerable.Range(1, Math.Max(batch.Tensors.Count - 1, 0))
               from output in Enumerable.Range(0, outputs.Length)
               where Differ(outputs[output], batch.Tensors[field]) && Varies(batch.Tensors[field]) && Varies(outputs[output])
               select (output, field),
        ];
    }

    /// <summary>A loss compares each prediction with each target.</summary>
    /// <param name="prediction">What Predict gave.</param>
    /// <param name="output">Which of it.</param>
    /// <param name="batch">The targets.</param>
    /// <param name="field">Which of them.</param>
    internal void Broadcasts(Prediction prediction, int output, Batch batch, int field)
    {
        var all = prediction.All.ToArray();
        var (given, gives) = all.Length == 1 ? ("prediction", "Predict gives") : (Invariant($"output{output}"), Invariant($"output {output} of Predict is"));
        var (wanted, are) = field == 1 ? ("batch.Target", "the targets are") : (Invariant($"batch[{field}]"), Invariant($"field {field} of the batch is"));
        Once($"task '{task}': Loss compares each prediction with each target, since {gives} [{string.Join(", ", all[output].shape)}] and {are} [{string.Join(", ", batch[field].shape)}]; give both the same shape, for example with {given}.reshape({wanted}.shape)");
    }

    private static bool Differ(torch.Tensor output, torch.Tensor target) =>
        target.dtype is torch.ScalarType.Float32 or torch.ScalarType.Int64 && output.dtype == torch.ScalarType.Float32 && target.numel() == output.numel() && !target.shape.AsSpan().SequenceEqual(output.shape);

    private static bool Varies(torch.Tensor values)
    {
        using var scope = torch.NewDisposeScope();
        var flat = values.detach().to_type(torch.ScalarType.Float32);
        return flat.numel() > 1 && flat.max().item<float>() > flat.min().item<float>();
    }

    private void Once(string text)
    {
        if (Tell is { } tell && _told.Count < Most && _told.Add(Kind(text)))
        {
            tell(text);
        }
    }
}
