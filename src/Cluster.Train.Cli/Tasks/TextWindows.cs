using Cluster.Train.Training;

namespace Cluster.Train.Cli.Tasks;

/// <summary>
/// Windows of a text, each with the same window one character later: what a language model reads and what it should
/// answer. Fields: "characters" and "next", int64 [context], numbers of the vocabulary.
/// </summary>
internal sealed class TextWindows : IDataset
{
    private readonly CharacterText _text;
    private readonly int _first;
    private readonly int _stride;
    private readonly int _context;

    /// <summary>Lays windows over a part of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="first">The part's first character.</param>
    /// <param name="end">One past its last.</param>
    /// <param name="context">Characters of a window.</param>
    /// <param name="stride">From one window's beginning to the next: 1 for every position, <paramref name="context"/> for windows side by side.</param>
    internal TextWindows(CharacterText text, int first, int end, int context, int stride)
    {
        (_text, _first, _stride, _context) = (text, first, stride, context);
        var places = end - first - context;
        Count = places < 1 ? 0 : ((places - 1) / stride) + 1;
        Fields = [new FieldSpec("characters", FieldType.Int64, context), new FieldSpec("next", FieldType.Int64, context)];
        Fingerprint = Invariant($"text {text.Sha256} [{first}, {end}) context={context} stride={stride}");
    }

    /// <summary>Number of different characters in the whole text.</summary>
    internal int VocabularySize => _text.Vocabulary.Count;

    public int Count { get; }

    public IReadOnlyList<FieldSpec> Fields { get; }

    public string Fingerprint { get; }

    public void Read(ReadOnlySpan<int> samples, int epoch, BatchBuffers into)
    {
        var characters = into.Integers(0);
        var next = into.Integers(1);
        for (var i = 0; i < samples.Length; i++)
        {
            var window = _text.Numbers.Slice(_first + (samples[i] * _stride), _context + 1);
            for (var position = 0; position < _context; position++)
            {
                characters[(i * _context) + position] = window[position];
                next[(i * _context) + position] = window[position + 1];
            }
        }
    }
}
