using System.Globalization;

namespace Cluster.Train.Data;

/// <summary>Transforms as a text, for the command line.</summary>
internal static class TransformText
{
    private const string Known = "flip, shift=PIXELS, crop=PIXELS, brightness=AMOUNT, contrast=AMOUNT, colour=AMOUNT";

    /// <summary>See <see cref="ImageTransform.Parse"/>.</summary>
    internal static IReadOnlyList<ImageTransform> Parse(string text) =>
        text is "" or "none" ? [] : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(One)];

    private static ImageTransform One(string text)
    {
        var parts = text.Split('=', 2, StringSplitOptions.TrimEntries);
        var number = parts.Length > 1 ? parts[1] : null;
        return parts[0] switch
        {
            "flip" when number is null => ImageTransform.HorizontalFlip(),
            "shift" => ImageTransform.Shift(Pixels(text, number)),
            "crop" => ImageTransform.RandomCrop(Pixels(text, number)),
            "brightness" => ImageTransform.Brightness(Amount(text, number)),
            "contrast" => ImageTransform.Contrast(Amount(text, number)),
            "colour" or "color" => ImageTransform.Colour(Amount(text, number)),
            _ => throw new BadInputException($"'{text}' is no augmentation; there are {Known}, with commas between them"),
        };
    }

    private static int Pixels(string text, string? number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var pixels) && pixels is >= 1 and < 4096
            ? pixels
            : throw new BadInputException($"augmentation '{text}' needs a number of pixels, at least 1: {text.Split('=')[0]}=4");

    private static double Amount(string text, string? number) =>
        double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount is > 0 and <= 1
            ? amount
            : throw new BadInputException($"augmentation '{text}' needs an amount above 0 and up to 1: {text.Split('=')[0]}=0.2");
}
