using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>What images are labelled with.</summary>
/// <param name="ClassNames">The classes, in ordinal order, or in that of the training part; none where there are no classes.</param>
/// <param name="Classes">Each image's class number; empty where there are no classes.</param>
/// <param name="Numbers">Each image's numbers, one after the other, as the model gets them once they are float32; empty where there are none.</param>
/// <param name="Width">Numbers of one image; 0 where there are none.</param>
internal sealed record ImageTargets(IReadOnlyList<string> ClassNames, long[] Classes, double[] Numbers, int Width)
{
    /// <summary>Of images that are not labelled.</summary>
    internal static ImageTargets None { get; } = new([], [], [], 0);

    /// <summary>The field of a target; null where there is none.</summary>
    internal FieldSpec? Field => ClassNames.Count > 0 ? new FieldSpec("label", FieldType.Int64)
        : Width == 1 ? new FieldSpec("target", FieldType.Float32)
        : Width > 1 ? new FieldSpec("target", FieldType.Float32, Width)
        : null;

    /// <summary>Numbers the classes.</summary>
    /// <param name="source">For messages.</param>
    /// <param name="labels">Each image's class.</param>
    /// <param name="known">The classes of the training part; null where this is it.</param>
    /// <exception cref="BadInputException">There are fewer than two, or one that the training part lacks.</exception>
    internal static ImageTargets OfClasses(string source, IReadOnlyList<string> labels, IReadOnlyList<string>? known)
    {
        IReadOnlyList<string> names = known ?? [.. labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (names.Count < 2)
        {
            throw new BadInputException(names.Count == 0
                ? $"'{source}' has no images: give a folder for each class, with its images in it"
                : $"'{source}' has one class alone, '{names[0]}': there is nothing to tell it from; give a folder for each class, two at least");
        }

        var numbers = names.Select((name, number) => (name, number)).ToDictionary(pair => pair.name, pair => (long)pair.number, StringComparer.Ordinal);
        return new ImageTargets(names, [.. labels.Select(label => numbers.TryGetValue(label, out var number) ? number : throw Unknown(source, label, names))], [], 0);
    }

    /// <summary>Refuses a class that the training part lacks.</summary>
    internal static BadInputException Unknown(string source, string label, IReadOnlyList<string> known) =>
        new($"'{source}' has the class '{label}', which training never saw; its classes are {string.Join(", ", known.Take(20).Select(name => $"'{name}'"))}{(known.Count > 20 ? ", …" : "")}");

    /// <summary>Those of some of the images.</summary>
    internal ImageTargets Of(int[] images) => this with
    {
        Classes = Classes.Length == 0 ? [] : Array.ConvertAll(images, image => Classes[image]),
        Numbers = [.. images.SelectMany(image => new ArraySegment<double>(Numbers, image * Width, Width))],
    };

    /// <summary>What the numbers of these images are shifted and divided by, column by column, each sum in the order of the images.</summary>
    internal TargetScaling Scaling(ColumnScaling scaling)
    {
        var fitted = Enumerable.Range(0, Width).Select(column => TableFit.Scale([.. Numbers.Where((_, at) => at % Width == column)], scaling)).ToArray();
        return new TargetScaling([.. fitted.Select(column => column.Factor)], [.. fitted.Select(column => column.Offset)]);
    }

    /// <summary>The same, scaled.</summary>
    internal ImageTargets ScaledBy(TargetScaling scaling) => this with
    {
        Numbers = [.. Numbers.Select((number, at) => (number - scaling.Offsets[at % Width]) / scaling.Factors[at % Width])],
    };

    /// <summary>An image's numbers.</summary>
    internal void CopyNumbers(int image, Span<float> into)
    {
        for (var column = 0; column < Width; column++)
        {
            into[column] = (float)Numbers[(image * Width) + column];
        }
    }

    /// <summary>What stands in the data's fingerprint for one image.</summary>
    internal string Text(int image) =>
        Classes.Length > 0 ? Invariant($"{Classes[image]}") : string.Join(' ', Numbers.AsSpan(image * Width, Width).ToArray().Select(number => Invariant($"{(float)number:R}")));
}
