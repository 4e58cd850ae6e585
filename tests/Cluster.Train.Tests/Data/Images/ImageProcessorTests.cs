using System.Runtime.Intrinsics.X86;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Cluster.Train.Tests.Data.Images;

/// <summary>What images become on a processor with fewer instructions, which a process of its own imitates.</summary>
public sealed class ImageProcessorTests
{
    // Names of .NET's settings; of the first two, every processor with AVX2 is one or the other.
    private static readonly string[] s_wide = ["DOTNET_EnableAVX512", "DOTNET_EnableAVX512F"];
    private static readonly string[] s_narrow = ["DOTNET_EnableAVX2", "DOTNET_EnableAVX", "DOTNET_EnableHWIntrinsic"];

    [Fact]
    public async Task PNG_files_have_the_same_values_on_every_processor()
    {
        using var files = new ImageFiles();
        foreach (var name in new[] { "rgb.png", "alpha.png", "palette.png", "sixteen.png" })
        {
            files.Write(name, ImageReference.FileOf(name));
        }

        for (var image = 0; image < 8; image++)
        {
            files.Paint($"{image}.png", image, 40 + (image * 13), 90 - (image * 7));
        }

        var expected = await ProbeAsync(files.Root, null);
        foreach (var setting in s_wide.Concat(s_narrow))
        {
            Assert.Equal((setting, expected), (setting, await ProbeAsync(files.Root, setting)));
        }
    }

    [SkippableFact]
    public async Task JPEG_files_have_the_same_values_on_every_processor_with_AVX2_and_another_fingerprint_on_others()
    {
        Skip.IfNot(Avx2.IsSupported, "this processor has no AVX2, so that no other one can be imitated from it");
        using var files = new ImageFiles();
        using var image = new Image<Rgb24>(600, 500);
        for (var at = 0; at < 600 * 500; at++)
        {
            image[at % 600, at / 600] = new Rgb24((byte)(at * 7), (byte)((at * 31) >> 4), (byte)(at >> 3));
        }

        await image.SaveAsJpegAsync(files["a.jpg"]);
        var expected = await ProbeAsync(files.Root, null);
        Assert.DoesNotContain("jpeg", expected, StringComparison.Ordinal);
        foreach (var setting in s_wide)
        {
            Assert.Equal((setting, expected), (setting, await ProbeAsync(files.Root, setting)));
        }

        foreach (var setting in s_narrow)
        {
            Assert.Contains(" jpeg decoded with avx=", await ProbeAsync(files.Root, setting), StringComparison.Ordinal);
        }
    }

    private static async Task<string> ProbeAsync(string folder, string? without)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (without is not null)
        {
            variables[without] = "0";
        }

        var probe = await ChildProgram.ProbeAsync(variables, "images", folder);
        Assert.True(probe.ExitCode == 0, probe.Text);
        return probe.Out;
    }
}
