using Cluster.Train.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>Transforms, against pixels computed by hand.</summary>
public sealed class ImageTransformTests
{
    [Fact]
    public void A_flip_turns_rows_round_and_leaves_channels_in_order()
    {
        byte[] once = [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9];
        byte[] original = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var seed = 0; seed < 20; seed++)
        {
            var pixels = (byte[])original.Clone();
            ImageTransform.HorizontalFlip().Apply(new ImagePixels(2, 2, 3, pixels), new StableRandom(seed));
            seen.Add(string.Join(' ', pixels));
        }

        Assert.Equal([string.Join(' ', original), string.Join(' ', once)], seen.OrderBy(text => text[0]));
    }

    [Fact]
    public void A_shift_repeats_the_edge_and_a_crop_is_black_there()
    {
        byte[] original = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        var shifted = (byte[])original.Clone();
        var cropped = (byte[])original.Clone();

        ((MoveTransform)ImageTransform.Shift(2)).Move(new ImagePixels(3, 3, 1, shifted), down: 1, right: -1);
        ((MoveTransform)ImageTransform.RandomCrop(2)).Move(new ImagePixels(3, 3, 1, cropped), down: 1, right: -1);

        Assert.Equal([4, 4, 5, 7, 7, 8, 7, 7, 8], shifted);
        Assert.Equal([0, 4, 5, 0, 7, 8, 0, 0, 0], cropped);
    }

    [Fact]
    public void A_shift_draws_every_distance()
    {
        var seen = new HashSet<byte>();
        for (var seed = 0; seed < 200; seed++)
        {
            byte[] pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9];
            ImageTransform.Shift(1).Apply(new ImagePixels(3, 3, 1, pixels), new StableRandom(seed));
            seen.Add(pixels[4]);
        }

        Assert.Equal(9, seen.Count);
    }

    [Theory]
    [InlineData((int)ColourAspect.Brightness, 98304, new byte[] { 150, 15, 255 })]
    [InlineData((int)ColourAspect.Brightness, 32768, new byte[] { 50, 5, 100 })]
    // Luma of (100, 10, 200): 29.9 + 5.87 + 22.8 = 58.57, so 59.
    [InlineData((int)ColourAspect.Contrast, 32768, new byte[] { 80, 35, 130 })]
    [InlineData((int)ColourAspect.Colour, 98304, new byte[] { 121, 0, 255 })]
    [InlineData((int)ColourAspect.Colour, 65536, new byte[] { 100, 10, 200 })]
    public void Colours_move_from_black_from_the_mean_or_from_grey(int aspect, int factor, byte[] expected)
    {
        byte[] pixels = [100, 10, 200];

        new ColourTransform((ColourAspect)aspect, 1).Apply(new ImagePixels(1, 1, 3, pixels), factor);

        Assert.Equal(expected, pixels);
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("", "")]
    [InlineData("flip,crop=4, shift=2 ,brightness=0.25,contrast=1,colour=0.5", "flip crop=4 shift=2 Brightness=16384/65536 Contrast=65536/65536 Colour=32768/65536")]
    public void A_list_is_read_in_its_order(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', ImageTransform.Parse(text).Select(transform => transform.Description)));

    [Theory]
    [InlineData("spin", "'spin' is no augmentation; there are flip, shift=PIXELS, crop=PIXELS, brightness=AMOUNT, contrast=AMOUNT, colour=AMOUNT, with commas between them")]
    [InlineData("flip=2", "'flip=2' is no augmentation; there are flip, shift=PIXELS, crop=PIXELS, brightness=AMOUNT, contrast=AMOUNT, colour=AMOUNT, with commas between them")]
    [InlineData("crop", "augmentation 'crop' needs a number of pixels, at least 1: crop=4")]
    [InlineData("shift=-1", "augmentation 'shift=-1' needs a number of pixels, at least 1: shift=4")]
    [InlineData("contrast=2", "augmentation 'contrast=2' needs an amount above 0 and up to 1: contrast=0.2")]
    public void What_is_no_augmentation_is_refused(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<BadInputException>(() => ImageTransform.Parse(text)).Message);

    [Fact]
    public void A_crop_wider_than_the_image_is_refused()
    {
        var pixels = new byte[9];
        var error = Assert.Throws<BadInputException>(() => ImageTransform.RandomCrop(3).Apply(new ImagePixels(3, 3, 1, pixels), new StableRandom(1)));

        Assert.Equal("augmentation 'crop=3' moves images of 3 x 3 pixels out of sight; give less than a side", error.Message);
    }
}
