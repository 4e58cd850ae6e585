using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>
/// Texts with classes, as sequences of tokens. Fields: "tokens", int64, of differing length, and "class", int64, a scalar. All
/// documents are read when the data is opened, and kept as 8 bytes a token.
/// </summary>
public static class TextClasses
{
    /// <summary>Opens a folder with a folder for each class (a file a document), or with a file for each class (a line a document).</summary>
    /// <param name="path">The folder; null is refused with what to give.</param>
    /// <param name="options">How documents become samples; null for the defaults.</param>
    /// <returns>The data; its preparation is a <see cref="TextPreparation"/>, with the vocabulary of the training part alone.</returns>
    /// <exception cref="BadInputException">A document is empty, too long or no UTF-8, or there are fewer than two classes; names it.</exception>
    public static TaskData Open(string? path, TextOptions? options = null)
    {
        options ??= new TextOptions();
        var documents = TextDocuments.Read(path);
        if (documents[0].Class is null || documents.Select(document => document.Class).Distinct().Count() < 2)
        {
            throw new BadInputException($"'{path}' has no two classes; give a folder with a folder for each class (a file a document) or with a file for each class (a line a document)");
        }

        string[] classes = [.. documents.Select(document => document.Class!).Distinct().Order(StringComparer.Ordinal)];
        var (trained, tested) = Split(documents, classes, options);
        var preparation = new TextPreparation(options.Tokens ?? TextTokens.Characters(trained.Select(document => document.Text), options.Unknown), classes);
        var cut = 0;
        return new TaskData(Samples(trained, preparation, options, ref cut), Samples(tested, preparation, options, ref cut))
        {
            Preparation = preparation.ToString(),
            Remark = Invariant($"{documents.Count:N0} texts of {classes.Length} classes, {trained.Count:N0} for training; {preparation.Tokens.Count:N0} tokens")
                + (cut > 0 ? Invariant($"; {cut:N0} texts were cut to {options.Longest:N0}") : ""),
        };
    }

    /// <summary>Opens new texts to be predicted, with the field "tokens" alone: a file with a document a line, or a folder as in training, whose classes are not looked at.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="preparation">What the training fixed; null is refused.</param>
    /// <param name="options">Those of the training.</param>
    /// <exception cref="BadInputException">A document cannot be used; names it.</exception>
    public static TaskData OpenNewData(string? path, string? preparation, TextOptions? options = null)
    {
        options ??= new TextOptions();
        var cut = 0;
        var samples = new ArrayDataset(Tokens(TextDocuments.Read(path), Fixed(preparation, options).Tokens, options, ref cut));
        return new TaskData(samples, samples) { Preparation = preparation };
    }

    /// <summary>Opens new texts with their classes, to be evaluated: a folder as in training, all of it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="preparation">What the training fixed; null is refused.</param>
    /// <param name="options">Those of the training.</param>
    /// <exception cref="BadInputException">A document cannot be used, or its class is one that training never saw; names it.</exception>
    public static TaskData OpenNewLabelledData(string? path, string? preparation, TextOptions? options = null)
    {
        options ??= new TextOptions();
        var fixedByTraining = Fixed(preparation, options);
        var documents = TextDocuments.Read(path);
        if (documents.FirstOrDefault(document => document.Class is null || !fixedByTraining.Classes.Contains(document.Class)) is { } unknown)
        {
            throw new BadInputException(unknown.Class is null
                ? $"'{path}' is a file, which tells no classes; give a folder with a folder for each class (a file a document) or with a file for each class (a line a document)"
                : $"{unknown.Source.TrimEnd(',')} is of the class '{unknown.Class}', which training never saw; its classes are {string.Join(", ", fixedByTraining.Classes.Take(20).Select(name => $"'{name}'"))}{(fixedByTraining.Classes.Count > 20 ? ", …" : "")}");
        }

        var cut = 0;
        var samples = Samples(documents, fixedByTraining, options, ref cut);
        return new TaskData(samples, samples) { Preparation = preparation };
    }

    /// <summary>What the training fixed; tokens that were read from files are those of the options.</summary>
    private static TextPreparation Fixed(string? preparation, TextOptions options)
    {
        _ = preparation ?? throw new BadInputException("the checkpoint keeps no vocabulary; train it with this version");
        return options.Tokens is { } tokens ? TextPreparation.With(preparation, tokens) : TextPreparation.Parse(preparation);
    }

    private static ArrayDataset Samples(IReadOnlyList<TextDocument> documents, TextPreparation preparation, TextOptions options, ref int cut)
    {
        var numbers = preparation.Classes.Select((name, number) => (name, number)).ToDictionary(pair => pair.name, pair => (long)pair.number);
        return new ArrayDataset(
            Tokens(documents, preparation.Tokens, options, ref cut), ArrayField.Of("class", [.. documents.Select(document => numbers[document.Class!])]));
    }

    private static ArrayField Tokens(IReadOnlyList<TextDocument> documents, TextTokens tokens, TextOptions options, ref int cut)
    {
        var samples = new long[documents.Count][];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = tokens.Encode(documents[i].Text, documents[i].Source);
            if (samples[i].Length > options.Longest)
            {
                samples[i] = options.RefuseLonger
                    ? throw new BadInputException(Invariant($"{documents[i].Source} has {samples[i].Length:N0} tokens, of {options.Longest:N0} at most; shorten it, or raise the limit"))
                    : samples[i][..options.Longest];
                cut++;
            }
        }

        return ArrayField.Sequences("tokens", samples, padding: 0);
    }

    /// <summary>Of each class the same share, whichever documents the seed says, in their first order.</summary>
    private static (IReadOnlyList<TextDocument> Trained, IReadOnlyList<TextDocument> Tested) Split(IReadOnlyList<TextDocument> documents, string[] classes, TextOptions options)
    {
        if (!(options.TestShare >= 0 && options.TestShare < 1))
        {
            throw new BadInputException(Invariant($"the share of texts to test on is {options.TestShare}; give one from 0 to below 1"));
        }

        var tested = new bool[documents.Count];
        for (var number = 0; number < classes.Length; number++)
        {
            int[] chosen = [.. Enumerable.Range(0, documents.Count).Where(document => documents[document].Class == classes[number])];
            new StableRandom(options.Seed, number).Shuffle(chosen);
            foreach (var document in chosen.AsSpan(0, (int)(chosen.Length * options.TestShare)))
            {
                tested[document] = true;
            }
        }

        return ([.. documents.Where((_, document) => !tested[document])], [.. documents.Where((_, document) => tested[document])]);
    }
}
