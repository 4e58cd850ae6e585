using Cluster.Train.Checkpoints;

namespace Cluster.Train.Tests.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Location => _directory["checkpoints"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_was_saved_is_what_is_loaded()
    {
        using var store = new CheckpointStore(Location, keep: 3);
        var outcome = store.Save(Sample.Content(123));

        Assert.Equal(new CheckpointOutcome(123, Path.Combine(Location, "step-000000123"), Notice: null), outcome);
        using var checkpoint = CheckpointFinder.Load(outcome.Path!, out var notices);
        Assert.Empty(notices);
        Sample.AssertHolds(checkpoint, 123);
        Assert.Equal("pt", checkpoint.Model.Metadata["format"]);
        using var same = CheckpointFinder.Load(Location, out _);
        Assert.Equal(outcome.Path, same.DirectoryPath);
    }

    [Fact]
    public void A_rule_without_state_still_has_its_file()
    {
        using var store = new CheckpointStore(Location, keep: 1);
        store.Save(Sample.Content(1) with { Optimizer = [] });

        using var checkpoint = CheckpointFinder.Load(Location, out _);
        Assert.Empty(checkpoint.Optimizer.Tensors);
        Assert.Equal("1", checkpoint.Optimizer.Metadata["step"]);
    }

    [Fact]
    public void The_sums_are_those_that_sha256sum_checks()
    {
        Sample.Save(Location, 1);
        var lines = File.ReadAllLines(Path.Combine(Location, "step-000000001", "SHA256SUMS"));

        Assert.Equal(3, lines.Length);
        foreach (var line in lines)
        {
            var bytes = File.ReadAllBytes(Path.Combine(Location, "step-000000001", line[66..]));
            Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), line[..64]);
        }
    }

    [Fact]
    public void The_newest_of_the_job_are_kept()
    {
        using var store = new CheckpointStore(Location, keep: 2);
        foreach (var step in (long[])[9, 10, 999, 1000]) store.Save(Sample.Content(step));

        Assert.Equal([999, 1000], CheckpointFinder.StepsIn(Location));
    }

    [Fact]
    public void Pruning_spares_what_is_damaged_foreign_or_of_a_later_step()
    {
        Sample.Save(Location, 1, 2, 3, 100);
        Directory.CreateDirectory(Path.Combine(Location, "notes"));
        File.AppendAllText(Path.Combine(Location, "step-000000002", "model.safetensors"), "x");
        var foreign = Sample.Content(4);
        using (var other = new CheckpointStore(Location, keep: 100)) other.Save(foreign with { Manifest = foreign.Manifest with { JobHash = new string('f', 64), Job = Sample.Job.SetItem("seed", "99") } });

        using var store = new CheckpointStore(Location, keep: 1);
        store.Save(Sample.Content(50));

        Assert.Equal([2, 4, 50, 100], CheckpointFinder.StepsIn(Location));
        Assert.True(Directory.Exists(Path.Combine(Location, "notes")));
    }

    [Fact]
    public void A_step_that_is_there_whole_is_left_and_a_damaged_one_is_replaced()
    {
        Sample.Save(Location, 5);
        var model = Path.Combine(Location, "step-000000005", "model.safetensors");
        var written = File.GetLastWriteTimeUtc(model);
        Sample.Save(Location, 5);
        Assert.Equal(written, File.GetLastWriteTimeUtc(model));

        Flip(model, 500);
        Sample.Save(Location, 5);
        using var checkpoint = CheckpointFinder.Load(Location, out _);
        Sample.AssertHolds(checkpoint, 5);
        Assert.Empty(Directory.GetDirectories(Location, ".tmp-*"));
    }

    [Fact]
    public void Another_jobs_checkpoint_of_the_same_step_is_not_overwritten()
    {
        Sample.Save(Location, 5);
        using var store = new CheckpointStore(Location, keep: 1);
        var content = Sample.Content(5);

        var failure = Assert.Throws<CheckpointException>(() => store.Save(content with { Manifest = content.Manifest with { JobHash = new string('f', 64), Job = Sample.Job.SetItem("seed", "99") } }));
        Assert.Equal("checkpoint step-000000005 was not written: a checkpoint of another job has its name", failure.Message);
        using var checkpoint = CheckpointFinder.Load(Location, out _);
        Sample.AssertHolds(checkpoint, 5);
    }

    [Fact]
    public void A_run_that_begins_anew_is_told_of_checkpoints_that_are_there()
    {
        using var store = new CheckpointStore(Location, keep: 1);
        store.EnsureEmpty();
        Sample.Save(Location, 5, 7);

        Assert.Equal(
            $"--checkpoint-dir {Location} holds checkpoints already, the newest is step-000000007; go on from it with --resume or give another directory",
            Assert.Throws<BadInputException>(store.EnsureEmpty).Message);
    }

    [Fact]
    public void What_a_dead_process_left_behind_is_removed_and_never_loaded()
    {
        Sample.Save(Location, 5);
        CopyDirectory(Path.Combine(Location, "step-000000005"), Path.Combine(Location, ".tmp-step-000000006"));
        File.WriteAllText(Path.Combine(Location, ".tmp-probe"), "");
        using (var checkpoint = CheckpointFinder.Load(Location, out _)) Assert.Equal(5, checkpoint.Manifest.Step);

        using var store = new CheckpointStore(Location, keep: 1);
        store.EnsureWritable();

        Assert.Empty(Directory.GetFileSystemEntries(Location, ".tmp-*"));
        Assert.Equal([5], CheckpointFinder.StepsIn(Location));
    }

    [Fact]
    public void A_second_writer_is_refused_with_the_name_of_the_first_until_that_ends()
    {
        using var second = new CheckpointStore(Location, keep: 1);
        using (var first = new CheckpointStore(Location, keep: 1))
        {
            first.EnsureWritable();
            var refusal = Assert.Throws<BadInputException>(() => second.EnsureWritable());
            Assert.Contains($"is in use by process {Environment.ProcessId} on {Environment.MachineName}", refusal.Message);
            Assert.Contains("in use by", Assert.Throws<CheckpointException>(() => second.Save(Sample.Content(1))).Message);
        }

        // The lock file is still there, as after a crash; only an open one counts.
        Assert.NotEmpty(Directory.GetFiles(Location, ".lock-*"));
        Assert.NotNull(second.Save(Sample.Content(1)).Path);
    }

    [Fact]
    public void A_successor_takes_the_directory_from_one_that_stands_still_which_then_writes_nothing()
    {
        var job = Sample.Manifest(1).JobHash;
        using var frozen = new CheckpointStore(Location, keep: 1);
        frozen.EnsureWritable(job);
        frozen.Save(Sample.Content(1));

        using var successor = new CheckpointStore(Location, keep: 3);
        successor.EnsureWritable(job, succeeds: true);
        successor.Save(Sample.Content(2));

        var refusal = Assert.Throws<CheckpointException>(() => frozen.Save(Sample.Content(3)));
        Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName} has taken the directory over", refusal.Message);
        Assert.Equal([1, 2], CheckpointFinder.StepsIn(Location));
        Assert.Empty(Directory.GetFileSystemEntries(Location, ".tmp-*"));
        Assert.NotNull(successor.Save(Sample.Content(4)).Path);
    }

    [Fact]
    public void One_that_wakes_up_while_it_writes_a_checkpoint_does_not_give_it_its_name()
    {
        var job = Sample.Manifest(1).JobHash;
        using var successor = new CheckpointStore(Location, keep: 3);
        var files = 0;
        using var frozen = new CheckpointStore(Location, keep: 1)
        {
            CreateFile = path =>
            {
                // The probe is the first; the second file of the checkpoint is begun after its process stood still.
                if (++files == 3)
                {
                    successor.EnsureWritable(job, succeeds: true);
                    successor.Save(Sample.Content(2));
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                }

                return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            },
        };
        frozen.EnsureWritable(job);

        Assert.Throws<CheckpointException>(() => frozen.Save(Sample.Content(1)));

        Assert.Equal([2], CheckpointFinder.StepsIn(Location));
    }

    [Fact]
    public void A_successor_takes_nothing_from_another_job_nor_does_a_run_that_succeeds_nobody()
    {
        var job = Sample.Manifest(1).JobHash;
        using var other = new CheckpointStore(Location, keep: 1);
        other.EnsureWritable(new string('b', 64));
        using var successor = new CheckpointStore(Location, keep: 1);
        Assert.Contains("is in use by process", Assert.Throws<BadInputException>(() => successor.EnsureWritable(job, succeeds: true)).Message);
        Assert.Contains("is in use by process", Assert.Throws<BadInputException>(() => successor.EnsureWritable(new string('b', 64))).Message);
        other.Save(Sample.Content(1));
    }

    [SkippableFact]
    public void A_directory_that_cannot_be_written_is_found_before_training()
    {
        // Permissions do not bind root, under which containers run tests; a path below a file and /proc bind everybody.
        File.WriteAllText(_directory["file"], "");
        using var below = new CheckpointStore(_directory["file/checkpoints"], keep: 1);
        Assert.Contains($"--checkpoint-dir {below.Location} cannot be written: ", Assert.Throws<BadInputException>(() => below.EnsureWritable()).Message);
        using var file = new CheckpointStore(_directory["file"], keep: 1);
        Assert.Throws<BadInputException>(() => file.EnsureWritable());

        Skip.IfNot(OperatingSystem.IsLinux(), "/proc, where nobody can write, is Linux's");
        using var proc = new CheckpointStore("/proc/self", keep: 1);
        Assert.EndsWith("; give another directory", Assert.Throws<BadInputException>(() => proc.EnsureWritable()).Message);
    }

    [Fact]
    public void A_store_needs_a_directory_and_at_least_one_checkpoint()
    {
        Assert.Contains("--keep is 0", Assert.Throws<BadInputException>(() => new CheckpointStore(Location, 0)).Message);
        Assert.Contains("--checkpoint-dir is empty", Assert.Throws<BadInputException>(() => new CheckpointStore(" ", 1)).Message);
    }

    [SkippableTheory]
    [InlineData("model.safetensors")]
    [InlineData("optimizer.safetensors")]
    [InlineData("manifest.json")]
    [InlineData("SHA256SUMS")]
    public void A_full_disk_leaves_the_older_checkpoints_and_nothing_else(string file)
    {
        Skip.IfNot(File.Exists("/dev/full"), "/dev/full, which answers every write with 'no space left', is Linux's");
        Sample.Save(Location, 1, 2);
        using var store = new CheckpointStore(Location, keep: 1)
        {
            CreateFile = path => new FileStream(path.EndsWith(file, StringComparison.Ordinal) ? "/dev/full" : path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0),
        };

        var failure = Assert.Throws<CheckpointException>(() => store.Save(Sample.Content(3)));

        Assert.StartsWith("checkpoint step-000000003 was not written: No space left on device", failure.Message);
        Assert.Equal([1, 2], CheckpointFinder.StepsIn(Location));
        Assert.Empty(Directory.GetFileSystemEntries(Location, ".tmp-*"));
        using var checkpoint = CheckpointFinder.Load(Location, out _);
        Sample.AssertHolds(checkpoint, 2);
    }

    [Fact]
    public void A_directory_that_vanishes_during_the_run_is_made_again()
    {
        using var store = new CheckpointStore(Location, keep: 2);
        store.Save(Sample.Content(1));
        Directory.Delete(Location, recursive: true);

        store.Save(Sample.Content(2));

        Assert.Equal([2], CheckpointFinder.StepsIn(Location));
    }

    [Fact]
    public void A_manifest_that_could_not_be_read_again_is_not_written()
    {
        using var store = new CheckpointStore(Location, keep: 1);
        var content = Sample.Content(1);

        var failure = Assert.Throws<CheckpointException>(() => store.Save(content with { Manifest = content.Manifest with { JobHash = "short" } }));

        Assert.Contains("field 'jobHash' is not a SHA-256", failure.Message);
        Assert.Empty(CheckpointFinder.StepsIn(Location));
    }

    private static void Flip(string path, int position)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[position] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static void CopyDirectory(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(source)) File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
    }
}
