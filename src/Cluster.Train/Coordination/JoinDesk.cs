using System.Collections.Immutable;
using Cluster.Train.Protocol;
using Cluster.Train.Training;

namespace Cluster.Train.Coordination;

/// <summary>What is to be done for a worker that asks to join.</summary>
internal abstract record JoinStep(string WorkerId)
{
    /// <summary>It may be a member.</summary>
    internal sealed record Admit(JoinRequest Request) : JoinStep(Request.WorkerId);

    /// <summary>It may not; one line says why.</summary>
    internal sealed record Refuse(string WorkerId, string Reason) : JoinStep(WorkerId);

    /// <summary>Its tensors from this number on are to be asked for.</summary>
    internal sealed record Ask(string WorkerId, int First) : JoinStep(WorkerId);
}

/// <summary>
/// Compares the tensors of those that ask to join. The first worker whose tensors are all known sets the measure. Who has the
/// same hashes is admitted without saying more; who has not is asked for its tensors until the one that differs is found.
/// Tensors come in pages, in any number and more than once. Pure.
/// </summary>
internal sealed class JoinDesk
{
    private readonly Dictionary<string, Sheet> _sheets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JoinRequest> _waiting = new(StringComparer.Ordinal);
    private Sheet? _measure;

    /// <summary>The job's tensors; none while no worker is admitted.</summary>
    internal ImmutableArray<TensorEntry> Tensors => _measure is null ? [] : [.. _measure.Tensors.Select(tensor => tensor.Entry)];

    /// <summary>A worker asks to join; what it says besides its tensors agrees with the job.</summary>
    internal IReadOnlyList<JoinStep> Take(JoinRequest request)
    {
        _waiting[request.WorkerId] = request;
        return Take(request.WorkerId, request.Tensors);
    }

    /// <summary>More of a worker's tensors.</summary>
    internal IReadOnlyList<JoinStep> Take(string workerId, TensorPage page)
    {
        if (!_waiting.TryGetValue(workerId, out var request))
        {
            return [];
        }

        var key = KeyOf(request);
        if (_measure?.Key == key)
        {
            return [Admit(request)];
        }

        if (!_sheets.TryGetValue(key, out var sheet))
        {
            _sheets[key] = sheet = new Sheet(key);
        }

        sheet.Add(page);
        if (_measure is not null)
        {
            return [Compare(request, sheet, page.Total)];
        }

        if (sheet.Tensors.Count < page.Total)
        {
            return [new JoinStep.Ask(workerId, sheet.Tensors.Count)];
        }

        _measure = sheet;
        return [.. _waiting.Values.OrderBy(waiting => waiting.WorkerId != workerId).ToArray().Select(waiting =>
            KeyOf(waiting) == key ? Admit(waiting) : Compare(waiting, _sheets[KeyOf(waiting)], waiting.Tensors.Total))];
    }

    /// <summary>A worker is gone, or was refused.</summary>
    internal void Forget(string workerId)
    {
        if (_waiting.Remove(workerId, out var request) && _sheets.GetValueOrDefault(KeyOf(request)) != _measure
            && !_waiting.Values.Any(other => KeyOf(other) == KeyOf(request)))
        {
            _sheets.Remove(KeyOf(request));
        }
    }

    private JoinStep Compare(JoinRequest request, Sheet sheet, int total) =>
        TensorContrast.Describe(_measure!.Tensors, sheet.Tensors, total) is { } difference ? new JoinStep.Refuse(request.WorkerId, difference)
        : sheet.Tensors.Count < total ? new JoinStep.Ask(request.WorkerId, sheet.Tensors.Count)
        : new JoinStep.Refuse(request.WorkerId, JoinCheck.HashesDiffer(_measure.Key, sheet.Key));

    private JoinStep.Admit Admit(JoinRequest request)
    {
        _waiting.Remove(request.WorkerId);
        return new JoinStep.Admit(request);
    }

    private static string KeyOf(JoinRequest request) => $"{request.Replica.LayoutHash} {request.Replica.InitialHash}";

    /// <summary>The tensors of all workers with the same hashes, as far as they are known.</summary>
    private sealed class Sheet(string key)
    {
        internal string Key => key;

        internal List<InitialTensor> Tensors { get; } = [];

        internal void Add(TensorPage page)
        {
            if (page.First <= Tensors.Count && page.First + page.Tensors.Length > Tensors.Count)
            {
                Tensors.AddRange(page.Tensors[(Tensors.Count - page.First)..]);
            }
        }
    }
}
