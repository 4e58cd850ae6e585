using Cluster.Train.Training;

namespace Cluster.Train.Data;

/// <summary>
/// Changes an image at random while training (augmentation). What it does must depend on the pixels and on the numbers it draws
/// alone: these are the same for a job's seed, an epoch and a sample, whichever worker reads it. Arithmetic in whole numbers, as
/// the built-in ones have it, gives the same pixels on every processor. An instance holds no state.
/// </summary>
public abstract class ImageTransform
{
    /// <summary>Says in full what it does, for the data's fingerprint: another text where pixels would be others.</summary>
    public abstract string Description { get; }

    /// <summary>Changes one image in place.</summary>
    /// <param name="pixels">The image, already of the size that the model gets.</param>
    /// <param name="random">Where all chance comes from.</param>
    public abstract void Apply(ImagePixels pixels, StableRandom random);

    /// <summary>"flip": left and right change places, for every other image.</summary>
    public static ImageTransform HorizontalFlip() => new FlipTransform();

    /// <summary>"shift": moves the image by up to so many pixels in each direction; its edge is repeated in what comes free.</summary>
    /// <param name="pixels">At least 1, and less than a side of the image.</param>
    public static ImageTransform Shift(int pixels) => new MoveTransform("shift", pixels, fill: false);

    /// <summary>"crop": puts so many black pixels around the image, and cuts one of the same size out of that at random.</summary>
    /// <param name="padding">At least 1, and less than a side of the image.</param>
    public static ImageTransform RandomCrop(int padding) => new MoveTransform("crop", padding, fill: true);

    /// <summary>"brightness": multiplies all values by one factor from 1 - amount to 1 + amount.</summary>
    /// <param name="amount">From 0 to 1.</param>
    public static ImageTransform Brightness(double amount) => new ColourTransform(ColourAspect.Brightness, amount);

    /// <summary>"contrast": multiplies the distances from the image's mean luma by one factor from 1 - amount to 1 + amount.</summary>
    /// <param name="amount">From 0 to 1.</param>
    public static ImageTransform Contrast(double amount) => new ColourTransform(ColourAspect.Contrast, amount);

    /// <summary>"colour": multiplies the distances from each pixel's own luma by one factor from 1 - amount to 1 + amount (saturation). Grey images stay as they are.</summary>
    /// <param name="amount">From 0 to 1.</param>
    public static ImageTransform Colour(double amount) => new ColourTransform(ColourAspect.Colour, amount);

    /// <summary>Reads a list such as <c>flip,crop=4,brightness=0.2</c>, in the order in which they are applied; "none" or nothing for none.</summary>
    /// <exception cref="BadInputException">One is not known, or its number is out of range.</exception>
    public static IReadOnlyList<ImageTransform> Parse(string text) => TransformText.Parse(text);
}
