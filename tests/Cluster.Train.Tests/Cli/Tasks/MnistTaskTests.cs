using Cluster.Train.Cli.Tasks;
using Cluster.Train.Tests.Checkpoints;
using Cluster.Train.Tests.Data.Idx;
using Cluster.Train.Tests.Training;
using Cluster.Train.Tests.Training.Data;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Cli.Tasks;

[Collection(LibtorchGroup.Name)]
public sealed class MnistTaskTests : IDisposable
{
    private const string Images = "t10k-images-idx3-ubyte";
    private const string Labels = "t10k-labels-idx1-ubyte";
    private readonly TemporaryDirectory _folder = new();

    [SkippableTheory]
    [InlineData("mlp", 10, 0.95)]
    [InlineData("cnn", 5, 0.97)]
    public async Task Digits_are_read_well_with_the_defaults(string model, int epochs, double least)
    {
        var run = await TaskRun.RunAsync(
            new MnistTask(), workers: 2, length: new RunLength(epochs, null), data: TestData.Folder("mnist-t10k"), model: model);

        Assert.Equal(1500, run.Outcome.Evaluation!.Samples);
        Assert.InRange(run.Outcome.Evaluation.Accuracy!.Value, least, 1);
        Assert.Equal(epochs * 8500, run.Outcome.Samples);
        Assert.Contains("training on the first 8,500 images of t10k, testing on the other 1,500", Assert.Single(run.Notices), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mlp", 669_706)]
    [InlineData("cnn", 206_922)]
    [InlineData("mlp-large", 14_217_226)]
    public void Each_model_has_its_size(string model, long parameters)
    {
        Write("t10k", 40);
        var task = new MnistTask();
        var settings = TaskSettings.From("mnist", task.Options, new Dictionary<string, string> { ["model"] = model });
        var job = new JobDefinition
        {
            Task = "mnist",
            Settings = settings,
            Seed = 0,
            Shards = 1,
            BatchSize = 8,
            Optimizer = task.Defaults.Optimizer,
            Length = new RunLength(1, null),
        };

        using var replica = ModelReplica.Create(task, job, task.OpenData(settings, _folder.Root), DeviceSpec.Cpu);

        Assert.Equal(parameters, replica.Layout.Parameters.Sum(tensor => tensor.Count));
    }

    [Theory]
    [InlineData("mlp")]
    [InlineData("cnn")]
    public async Task The_number_of_workers_does_not_change_a_bit(string model)
    {
        Write("t10k", 100);
        var runs = new List<string>();
        foreach (var workers in new[] { 1, 2 })
        {
            runs.Add((await TaskRun.RunAsync(new MnistTask(), workers: workers, shards: 2, length: new RunLength(null, 4), data: _folder.Root, model: model)).Outcome.ParametersSha256);
        }

        Assert.Single(runs.Distinct());
    }

    [Fact]
    public void Test_files_alone_are_split_and_it_says_so()
    {
        Write("t10k", 40);

        var data = MnistData.Open(_folder.Root);

        Assert.Equal((34, 6), (data.Training.Count, data.Evaluation.Count));
        Assert.Equal($"no train-images-idx3-ubyte in '{_folder.Root}': training on the first 34 images of t10k, testing on the other 6", data.Remark);
        Assert.Equal([3L, 4L], (long[])SampleReader.Read(data.Training, 33, 4)[1]);
        Assert.Equal([4L, 9L], (long[])SampleReader.Read(data.Evaluation, 0, 5)[1]);
    }

    [Fact]
    public void With_training_files_the_test_files_only_test()
    {
        Write("t10k", 40);
        Write("train", 60, compressed: true);

        var data = MnistData.Open(_folder.Root);

        Assert.Equal((60, 40, null), (data.Training.Count, data.Evaluation.Count, data.Remark));
    }

    [Theory]
    [InlineData("", "{0}-images.idx3-ubyte", "{0}-labels.idx1-ubyte")]
    [InlineData("MNIST/raw", "{0}-images-idx3-ubyte", "{0}-labels-idx1-ubyte")]
    [InlineData("raw", "{0}-images.idx3-ubyte", "{0}-labels-idx1-ubyte")]
    [InlineData("", "{0}-images-idx3-ubyte/{0}-images-idx3-ubyte", "{0}-labels.idx1-ubyte/{0}-labels.idx1-ubyte")]
    public void The_files_are_found_under_the_names_that_other_programs_give_them(string below, string images, string labels)
    {
        foreach (var (set, count) in new[] { ("t10k", 40), ("train", 60) })
        {
            var files = IdxBytes.Digits(count);
            foreach (var (name, bytes) in new[] { (images, files.Images), (labels, files.Labels) })
            {
                var path = _folder[Path.Combine(below, string.Format(System.Globalization.CultureInfo.InvariantCulture, name, set))];
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, bytes);
            }
        }

        var data = MnistData.Open(_folder.Root);

        Assert.Equal((60, 40, null), (data.Training.Count, data.Evaluation.Count, data.Remark));
    }

    [Fact]
    public void Training_files_of_another_spelling_are_not_passed_over()
    {
        Write("t10k", 40);
        var (images, labels) = IdxBytes.Digits(60);
        File.WriteAllBytes(_folder["train-images.idx3-ubyte"], images);
        File.WriteAllBytes(_folder["train-labels.idx1-ubyte"], labels);
        Assert.Equal((60, 40), (MnistData.Open(_folder.Root).Training.Count, MnistData.Open(_folder.Root).Evaluation.Count));

        File.Move(_folder["train-images.idx3-ubyte"], _folder["train_images.bin"]);
        File.Move(_folder["train-labels.idx1-ubyte"], _folder["train_labels.bin"]);
        Assert.Equal(
            $"'{_folder.Root}' holds train_images.bin, but no train-images-idx3-ubyte and no train-labels-idx1-ubyte; give the files those names, or take it away to train on a part of t10k",
            Assert.Throws<BadInputException>(() => MnistData.Open(_folder.Root)).Message);
    }

    [Fact]
    public async Task Too_few_images_to_test_on_are_refused()
    {
        Write("t10k", 3);
        (await TrainAsync()).AssertRefused($"'{_folder.Root}' holds 3 images in all: too few to train on some and to test on others; give at least 7, or the train-* files as well");
    }

    [Fact]
    public async Task What_lies_in_a_folder_without_the_files_is_listed()
    {
        File.WriteAllText(_folder["archive.zip"], "");
        Directory.CreateDirectory(_folder["images"]);
        (await TrainAsync()).AssertRefused($"'{_folder.Root}' holds no {Images} and no {Labels}, with .gz or without; in it lie archive.zip, images/; give the folder with MNIST's IDX files as --data");
    }

    [Fact]
    public async Task No_data_is_refused()
    {
        (await ProgramRun.RunAsync("train", "mnist")).AssertRefused(
            "task 'mnist' needs its files: give --data DIR, a folder with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte (and, for the whole set, train-images-idx3-ubyte and train-labels-idx1-ubyte), each with .gz or without");
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_refused() =>
        (await TrainAsync(_folder["none"])).AssertRefused($"--data is '{_folder["none"]}', but there is no such folder or file: give a folder or file that exists");

    [Fact]
    public async Task An_empty_folder_is_refused() =>
        (await TrainAsync()).AssertRefused($"'{_folder.Root}' holds no {Images} and no {Labels}, with .gz or without; it is empty; give the folder with MNIST's IDX files as --data");

    [Fact]
    public async Task Images_without_labels_are_refused()
    {
        Write("t10k", 40, compressed: true);
        File.Delete(_folder[Labels + ".gz"]);

        (await TrainAsync()).AssertRefused($"'{_folder.Root}' holds {Images}.gz, but no {Labels}, with .gz or without; the two belong together; in it lie {Images}.gz");
    }

    public static TheoryData<string, Func<byte[], byte[]>, string> BadFiles() => new()
    {
        { Images, bytes => bytes[..1000], "is truncated: its header promises 31360 values, it holds 984; fetch it again" },
        { Images, bytes => IdxBytes.Gzip(bytes[..1000]), "is truncated: its header promises 31360 values, it holds 984; fetch it again" },
        { Images, _ => [], "is empty; fetch it again" },
        { Images, _ => "<html>"u8.ToArray(), "is no IDX file: it begins with 0x3c68, not with 0x0000" },
        { Images, _ => IdxBytes.Digits(40).Labels, "has 1 dimensions, not 3: images have 3 (images, rows, columns), labels 1; are the two files mixed up?" },
        { Images, _ => IdxBytes.Digits(40, side: 32).Images, "has images of 32 x 32 pixels, not 28 x 28" },
        { Labels, bytes => [.. bytes, 1], "has trailing bytes: its header promises 40 values, and more follow; is the header damaged?" },
        { Labels, bytes => [.. bytes[..^1], 10], ": label 39 (counted from 0) is 10; labels are from 0 to 9" },
    };

    [Theory]
    [MemberData(nameof(BadFiles))]
    public async Task A_bad_file_is_refused_in_one_line(string name, Func<byte[], byte[]> spoil, string expected)
    {
        Write("t10k", 40);
        File.WriteAllBytes(_folder[name], spoil(File.ReadAllBytes(_folder[name])));

        (await TrainAsync()).AssertRefused($"'{_folder[name]}'{(expected[0] == ':' ? "" : " ")}{expected}");
    }

    [Fact]
    public async Task Counts_that_disagree_are_refused()
    {
        Write("t10k", 40);
        File.WriteAllBytes(_folder[Labels], IdxBytes.Digits(39).Labels);

        (await TrainAsync()).AssertRefused($"'{_folder[Images]}' holds 40 images, but '{_folder[Labels]}' 39 labels: they do not belong together");
    }

    public void Dispose() => _folder.Dispose();

    private Task<ProgramRun> TrainAsync(string? data = null) => ProgramRun.RunAsync("train", "mnist", "--steps", "1", "--data", data ?? _folder.Root);

    private void Write(string set, int count, bool compressed = false)
    {
        var (images, labels) = IdxBytes.Digits(count);
        foreach (var (name, bytes) in new[] { ($"{set}-images-idx3-ubyte", images), ($"{set}-labels-idx1-ubyte", labels) })
        {
            File.WriteAllBytes(_folder[name + (compressed ? ".gz" : "")], compressed ? IdxBytes.Gzip(bytes) : bytes);
        }
    }
}
