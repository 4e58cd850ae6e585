using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Cluster.Train.Native;
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
    public Task Portable_xor_has_the_same_hash_whatever_MKL_takes_the_processor_for(string vendor) => AssertHashAsync(XorHash, OtherProcessor.Of(vendor), Xor);

    [SkippableTheory]
    [InlineData("mnist --model mlp --epochs 1 --shards 2 --workers 2", "mnist-t10k", "e39454e8b811b97f0a8df00000f022fb5dc709b8996e554fe9d7d5895f8b6f2b")]
    [InlineData("mnist --model cnn --epochs 1 --shards 2 --workers 2", "mnist-t10k", "b159a4afc21370d1dca44a5f36b5f5efb4872a62eb62b421a0e0c9bc3a1fd8f9")]
    [InlineData("shakespeare --steps 30 --shards 2 --workers 2", "tinyshakespeare", "817ef0a230446369568033124b95460f5ff4ae1aec5fe6fb6c82ac3ded4d7f87")]
    public async Task Portable_models_have_the_same_hash_on_processors_of_both_makers(string job, string data, string hash)
    {
        string[] folder = ["--data", TestData.Folder(data)];
        await AssertHashAsync(hash, OtherProcessor.None, job, folder);
        await AssertHashAsync(hash, OtherProcessor.OtherVendor, job, folder);
    }

    /// <summary>The way in which such machines are imitated elsewhere: a library that answers in MKL's place, loaded before all others.</summary>
    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Portable_xor_has_the_same_hash_where_a_preloaded_library_answers_for_MKL(int answer)
    {
        var folder = Directory.CreateTempSubdirectory("cluster-train-shim-");
        try
        {
            var shim = await CompileAsync(folder, $"int mkl_serv_intel_cpu(void){{return {answer};}} int mkl_serv_intel_cpu_true(void){{return {answer};}}");
            await AssertHashAsync(XorHash, new Dictionary<string, string>(StringComparer.Ordinal) { ["LD_PRELOAD"] = shim }, Xor);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> CompileAsync(DirectoryInfo folder, string code)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "libraries are preloaded on Linux only");
        var (source, library) = (Path.Combine(folder.FullName, "shim.c"), Path.Combine(folder.FullName, "shim.so"));
        await File.WriteAllTextAsync(source, code);
        try
        {
            using var compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, source]);
            await compiler.WaitForExitAsync();
            Assert.Equal(0, compiler.ExitCode);
        }
        catch (Win32Exception)
        {
            Skip.If(true, "no C compiler is at hand (cc), to build the library that is preloaded; install gcc");
        }

        return library;
    }

    private async Task AssertHashAsync(string expected, IReadOnlyDictionary<string, string> variables, string job, params string[] more)
    {
        var run = await ChildProgram.TrainerAsync(variables, ["train", .. job.Split(' '), "--portable", .. more]);
        Assert.True(run.ExitCode == 0, run.Text);
        Assert.Equal(expected, HashLine().Match(run.Out).Groups["hash"].Value);
        output.WriteLine($"{job} --portable on {Processor.Name} {string.Join(' ', variables.Select(variable => $"{variable.Key}={variable.Value}"))}: as expected");
    }

    [GeneratedRegex("SHA-256 (?<hash>[0-9a-f]{64})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HashLine();
}
