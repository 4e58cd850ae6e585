using Cluster.Train.Data;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>Files of all kinds, as Pillow wrote them.</summary>
public sealed class ImageDecoderTests
{
    [Theory]
    [InlineData("rgb.png")]
    [InlineData("animated.png")]
    public void A_picture_is_read_as_it_is_and_of_several_the_first(string name) =>
        Assert.Equal(Formula(6, 4).SelectMany(pixel => new[] { pixel.Red, pixel.Green, pixel.Blue }), Decoded(name, 6, 4));

    [Fact]
    public void What_is_transparent_is_laid_on_white()
    {
        var expected = Formula(6, 4).SelectMany((pixel, at) => new[] { pixel.Red, pixel.Green, pixel.Blue }
            .Select(value => (byte)Math.Round(((value * (at * 10)) + (255.0 * (255 - (at * 10)))) / 255, MidpointRounding.AwayFromZero)));

        Assert.Equal(expected, Decoded("alpha.png", 6, 4));
    }

    [Fact]
    public void Sixteen_bits_become_eight() =>
        Assert.Equal(Enumerable.Range(0, 24).Select(at => (byte)(((at % 6) * 40) + (at / 6))), Decoded("sixteen.png", 6, 4, ImageColour.Grey));

    [Fact]
    public void Bits_are_black_and_white() => Assert.All(Decoded("bits.png", 6, 4, ImageColour.Grey), value => Assert.True(value is 0 or 255));

    [Fact]
    public void A_palette_has_its_colours() => Assert.InRange(Decoded("palette.png", 6, 4).Chunk(3).Select(pixel => (pixel[0], pixel[1], pixel[2])).Distinct().Count(), 2, 8);

    [Fact]
    public void Grey_is_luma()
    {
        var expected = Formula(6, 4).Select(pixel => (byte)(((19595 * pixel.Red) + (38470 * pixel.Green) + (7471 * pixel.Blue) + 32768) >> 16));

        Assert.Equal(expected, Decoded("rgb.png", 6, 4, ImageColour.Grey));
    }

    [Fact]
    public void A_grey_JPEG_is_near_what_it_was_made_of()
    {
        var decoded = Decoded("grey.jpg", 16, 16, ImageColour.Grey);

        Assert.InRange(decoded.Zip(Formula(16, 16), (value, pixel) => Math.Abs(value - pixel.Red)).Average(), 0, 8);
    }

    [Fact]
    public void An_image_whose_EXIF_data_turns_it_is_turned()
    {
        // Orientation 6: the first row of what is stored is the right column of what is seen.
        var stored = Decoded("progressive.jpg", 16, 24);
        var seen = Decoded("turned.jpg", 24, 16);
        var distance = 0.0;
        for (var y = 0; y < 24; y++)
        {
            for (var x = 0; x < 16; x++)
            {
                distance += Math.Abs(stored[((y * 16) + x) * 3] - seen[((x * 24) + 23 - y) * 3]);
            }
        }

        Assert.InRange(distance / (16 * 24), 0, 4);
    }

    [Theory]
    [InlineData("empty.png", "", "image 'empty.png' is empty; fetch it again, or take it away")]
    [InlineData("text.png", "hello", "image 'text.png' is no PNG and no JPEG file, whatever its name says: it begins with 0x68656c6c; convert it, or take it away")]
    public void What_is_no_image_is_refused(string name, string content, string expected) =>
        Assert.Equal(expected, Assert.Throws<BadInputException>(() => ImageDecoder.Check(name, System.Text.Encoding.ASCII.GetBytes(content))).Message);

    [Fact]
    public void A_GIF_with_the_name_of_a_PNG_is_refused() => Assert.Equal(
        "image 'a.png' is no PNG and no JPEG file, whatever its name says: it begins with 0x47494638; convert it, or take it away",
        Assert.Throws<BadInputException>(() => ImageDecoder.Check("a.png", ImageReference.FileOf("animated.gif"))).Message);

    [Fact]
    public void Four_inks_are_refused() => Assert.Equal(
        "image 'a.jpg' is of four inks (CMYK), whose colours depend on a profile; convert it to RGB",
        Assert.Throws<BadInputException>(() => ImageDecoder.Check("a.jpg", ImageReference.FileOf("cmyk.jpg"))).Message);

    [Theory]
    [InlineData("rgb.png")]
    [InlineData("animated.png")]
    [InlineData("grey.jpg")]
    [InlineData("progressive.jpg")]
    public void A_file_cut_anywhere_is_refused_before_it_is_decoded(string name)
    {
        var whole = ImageReference.FileOf(name);
        Assert.Equal(name.EndsWith(".jpg", StringComparison.Ordinal), ImageDecoder.Check("x", whole));
        for (var length = 0; length < whole.Length; length++)
        {
            var error = Assert.Throws<BadInputException>(() => ImageDecoder.Check("x", whole[..length]));
            Assert.StartsWith("image 'x' ", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    [Fact]
    public void A_PNG_whose_content_was_changed_is_refused_when_it_is_decoded()
    {
        var content = ImageReference.FileOf("rgb.png");
        content[^20] ^= 0x40;

        var error = Assert.Throws<BadInputException>(() => ImageDecoder.Decode("a.png", content, new ImageLayout { Height = 4, Width = 6 }));

        Assert.StartsWith("image 'a.png' cannot be decoded: ", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Decoded(string name, int width, int height, ImageColour colour = ImageColour.Rgb) =>
        ImageDecoder.Decode(name, ImageReference.FileOf(name), new ImageLayout { Height = height, Width = width, Colour = colour });

    /// <summary>The pixels of images.py.</summary>
    private static IEnumerable<(byte Red, byte Green, byte Blue)> Formula(int width, int height) =>
        from y in Enumerable.Range(0, height)
        from x in Enumerable.Range(0, width)
        select ((byte)((x * 37) + (y * 11)), (byte)((x * x) + (y * 5)), ((x / 3) + (y / 2)) % 2 != 0 ? (byte)255 : (byte)(x + y));
}
