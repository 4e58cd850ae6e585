using Cluster.Train.Checkpoints;
using CsCheck;

namespace Cluster.Train.Tests.Checkpoints;

public sealed class DamagedCheckpointTests : IDisposable
{
    private static readonly string[] s_files = ["manifest.json", "SHA256SUMS", "model.safetensors", "optimizer.safetensors"];

    private readonly TemporaryDirectory _directory = new();

    public DamagedCheckpointTests() => Sample.Save(_directory.Root, 10, 20);

    public static TheoryData<string> Files => [.. s_files];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void A_checkpoint_cut_anywhere_is_named_and_the_one_before_is_used(string file)
    {
        var path = FileOf(20, file);
        var whole = File.ReadAllBytes(path);
        // Every 1,000th byte, both ends, and every byte of the small files' beginnings and ends.
        var lengths = Enumerable.Range(0, whole.Length).Where(length => length % 1000 == 0 || length < 20 || length > whole.Length - 20);
        foreach (var length in lengths)
        {
            File.WriteAllBytes(path, whole[..length]);
            AssertFallsBack(file);
        }

        File.WriteAllBytes(path, [.. whole, 0]);
        AssertFallsBack(file);
    }

    [Fact]
    public void A_checkpoint_with_any_byte_changed_is_never_loaded() =>
        Gen.Select(Gen.OneOfConst(s_files), Gen.Int[0, 1_000_000], Gen.Int[1, 255]).Sample(
            (file, seed, change) =>
            {
                var path = FileOf(20, file);
                var whole = File.ReadAllBytes(path);
                var damaged = whole.ToArray();
                damaged[seed % whole.Length] ^= (byte)change;
                File.WriteAllBytes(path, damaged);
                AssertFallsBack(file);
                File.WriteAllBytes(path, whole);
            },
            iter: 300,
            threads: 1);

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_that_is_missing_is_named(string file)
    {
        File.Delete(FileOf(20, file));

        using var checkpoint = CheckpointFinder.FindNewest(_directory.Root, out var notices);

        Assert.Equal(10, checkpoint!.Manifest.Step);
        Assert.Equal([$"checkpoint step-000000020: {file} is missing; using step-000000010"], notices);
    }

    [Fact]
    public void Files_of_another_checkpoint_are_refused()
    {
        File.Copy(FileOf(10, "model.safetensors"), FileOf(20, "model.safetensors"), overwrite: true);

        using var checkpoint = CheckpointFinder.FindNewest(_directory.Root, out var notices);

        Assert.Equal(
            ["checkpoint step-000000020: model.safetensors is damaged: its SHA-256 is not the one in manifest.json; using step-000000010"], notices);
        Sample.AssertHolds(checkpoint!, 10);
    }

    [Fact]
    public void A_checkpoint_under_another_steps_name_is_refused()
    {
        Directory.Move(_directory["step-000000020"], _directory["step-000000030"]);

        using var checkpoint = CheckpointFinder.FindNewest(_directory.Root, out var notices);

        Assert.Equal(["checkpoint step-000000030 holds step 20; give the directory its name back, step-000000020; using step-000000010"], notices);
    }

    [Fact]
    public void A_checkpoint_under_a_name_of_the_users_own_is_loaded()
    {
        Directory.Move(_directory["step-000000020"], _directory["best"]);

        using var checkpoint = CheckpointFinder.Load(_directory["best"] + "/", out _);

        Sample.AssertHolds(checkpoint, 20);
    }

    [Fact]
    public void A_checkpoint_of_a_newer_version_is_passed_over_with_that_reason()
    {
        var path = FileOf(20, "manifest.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"format\": 1", "\"format\": 2", StringComparison.Ordinal));

        using var checkpoint = CheckpointFinder.FindNewest(_directory.Root, out var notices);

        Assert.Equal(
            ["checkpoint step-000000020: manifest.json was written by a newer version (format 2); this one reads up to 1; using step-000000010"], notices);
    }

    [Fact]
    public void If_all_are_damaged_each_is_named_and_none_is_used()
    {
        File.Delete(FileOf(20, "manifest.json"));
        File.WriteAllText(FileOf(10, "model.safetensors"), "");

        var refusal = Assert.Throws<BadInputException>(() => CheckpointFinder.FindNewest(_directory.Root, out _));

        Assert.StartsWith($"no checkpoint in {_directory.Root} can be used: checkpoint step-000000020: manifest.json is missing; checkpoint step-000000010: model.safetensors is cut (0 of ", refusal.Message);
    }

    [Fact]
    public void Where_there_is_none_the_caller_decides()
    {
        Assert.Null(CheckpointFinder.FindNewest(_directory["nothing"], out var notices));
        Assert.Empty(notices);
        Directory.CreateDirectory(_directory["empty"]);
        Assert.Null(CheckpointFinder.FindNewest(_directory["empty"], out _));
        Assert.Equal($"{_directory["empty"]} holds no checkpoint", Assert.Throws<BadInputException>(() => CheckpointFinder.Load(_directory["empty"], out _)).Message);
        Assert.Contains("is not there", Assert.Throws<BadInputException>(() => CheckpointFinder.Load(_directory["nothing"], out _)).Message);
    }

    [SkippableFact]
    public void A_loaded_checkpoint_stays_readable_when_its_directory_is_removed()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows does not remove a directory with open files");
        using var checkpoint = CheckpointFinder.Load(_directory.Root, out _);
        Directory.Delete(_directory["step-000000020"], recursive: true);

        Sample.AssertHolds(checkpoint, 20);
    }

    private string FileOf(long step, string file) => Path.Combine(_directory.Root, $"step-{step:D9}", file);

    private void AssertFallsBack(string damaged)
    {
        using var checkpoint = CheckpointFinder.FindNewest(_directory.Root, out var notices);
        var notice = Assert.Single(notices);
        Assert.StartsWith("checkpoint step-000000020", notice);
        Assert.Contains(damaged, notice);
        Assert.EndsWith("; using step-000000010", notice);
        Assert.DoesNotContain('\n', notice);
        Sample.AssertHolds(checkpoint!, 10);
    }
}
