using System.Text.RegularExpressions;
using Cluster.Train.Training.Numerics;
using Xunit.Abstractions;

namespace Cluster.Train.Tests.Training.Numerics;

/// <summary>
/// <c>--portable</c> gives the bits that were measured on an Intel Xeon (Sapphire Rapids) with MKL_CBWR=AVX2,STRICT, on this
/// processor as it is, and with MKL told that it is another maker's.
/// </summary>
public sealed partial class PortableHashTests(ITestOutputHelper output)
{
    private const string Xor = "xor --workers 2";
    private const string XorHash = "bbb796a636f4af58254963b0a28c69dad943a8277472365b6a78cef6610f7965";

    [Theory]
    [InlineData("")]
    [InlineData("intel")]
    [InlineData("other")]
    public Task Portable_xor_has_the_same_hash_whatever_MKL_takes_the_processor_for(string vendor) => AssertHashAsync(XorHash, MklImitation.Of(vendor), Xor);

    [SkippableTheory]
    [InlineData("mnist --model mlp --epochs 1 --shards 2 --workers 2", "mnist-t10k", "e39454e8b811b97f0a8df00000f022fb5dc709b8996e554fe9d7d5895f8b6f2b")]
    [InlineData("mnist --model cnn --epochs 1 --shards 2 --workers 2", "mnist-t10k", "b159a4afc21370d1dca44a5f36b5f5efb4872a62eb62b421a0e0c9bc3a1fd8f9")]
    [InlineData("shakespeare --steps 30 --shards 2 --workers 2", "tinyshakespeare", "817ef0a230446369568033124b95460f5ff4ae1aec5fe6fb6c82ac3ded4d7f87")]
    public async Task Portable_models_have_the_same_hash_on_processors_of_both_makers(string job, string data, string hash)
    {
        string[] folder = ["--data", TestData.Folder(data)];
        await AssertHashAsync(hash, MklImitation.None, job, folder);
        await AssertHashAsync(hash, MklImitation.OtherVendor, job, folder);
    }

    private async Task AssertHashAsync(string expected, IReadOnlyDictionary<string, string> variables, string job, params string[] more)
    {
        var run = await ChildProgram.TrainerAsync(variables, ["train", .. job.Split(' '), "--portable", .. more]);
        Assert.True(run.ExitCode == 0, run.Text);
        Assert.Equal(expected, HashLine().Match(run.Out).Groups["hash"].Value);
        output.WriteLine($"{job} --portable on {Processor.Name} {string.Join(' ', variables.Select(variable => $"{variable.Key}={variable.Value}"))}: as expected");
    }

    [GeneratedRegex("SHA-256 (?<hash>[0-9a-f]{64})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HashLine();
}
