using System.Runtime.InteropServices;
using Cluster.Train.Membership;
using Cluster.Train.Native;
using Cluster.Train.Running;
using Cluster.Train.Tests.Hosting;
using Cluster.Train.Training;
using Cluster.Train.Training.Numerics;
using Cluster.Train.Verification;
using TorchSharp;

namespace Cluster.Train.Tests.Training;

/// <summary>Forward pass and loss under autocast to bfloat16.</summary>
[Collection(LibtorchGroup.Name)]
public sealed class PrecisionTests
{
    private static LocalRun Short => new() { Precision = Precision.BFloat16, Task = Tied };

    // A parameter that is used twice: its two casts must be rounded the same way whatever other threads do.
    private static SmallTask Tied => new()
    {
        Model = () => torch.nn.Sequential(("in", torch.nn.Linear(SmallData.Width, 64)), ("bend", torch.nn.Tanh()), ("out", torch.nn.Linear(64, SmallData.Classes))),
        Forward = (model, batch) =>
        {
            var parts = (TorchSharp.Modules.Sequential)model;
            var hidden = ((torch.nn.Module<torch.Tensor, torch.Tensor>)parts[0]).forward(batch.Input).tanh();
            return ((torch.nn.Module<torch.Tensor, torch.Tensor>)parts[2]).forward(hidden) + ((torch.nn.Module<torch.Tensor, torch.Tensor>)parts[2]).forward(hidden.tanh());
        },
    };

    [Theory]
    [InlineData(1, Topology.Sharded)]
    [InlineData(2, Topology.Sharded)]
    [InlineData(3, Topology.Sharded)]
    [InlineData(2, Topology.Coordinator)]
    public async Task The_bits_do_not_depend_on_the_workers(int workers, Topology topology)
    {
        var expected = await Short.RunAsync();
        var run = Short with { Workers = workers, Topology = topology };
        var actual = await run.RunAsync();

        Assert.Equal(expected.ParametersSha256, actual.ParametersSha256);
        Assert.Equal(expected.Evaluation, actual.Evaluation);
        Assert.NotEqual((await (run with { Precision = Precision.Float32 }).RunAsync()).ParametersSha256, actual.ParametersSha256);
    }

    [Fact]
    public async Task Products_are_bfloat16_in_forward_pass_and_loss_and_what_callbacks_get_is_float32()
    {
        var seen = new HashSet<string>();
        void See(string where, torch.Tensor tensor)
        {
            lock (seen)
            {
                seen.Add($"{where} {tensor.dtype}");
            }
        }

        var task = new SmallTask
        {
            Forward = (model, batch) =>
            {
                var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
                See("forward", prediction);
                return prediction;
            },
            LossOf = (prediction, batch) =>
            {
                See("loss", prediction);
                See("product in loss", prediction.mm(prediction.t()));
                return torch.nn.functional.cross_entropy(prediction, batch.Target);
            },
            CountOf = (prediction, batch) =>
            {
                See("count", prediction);
                See("product in count", prediction.mm(prediction.t()));
                return new EvaluationCounts(0, batch.Count);
            },
        };
        await (Short with { Task = task }).RunAsync();

        Assert.Equal(["count Float32", "forward BFloat16", "loss Float32", "product in count Float32", "product in loss BFloat16"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Checkpoints_predict_and_go_on_in_the_precision_of_their_job()
    {
        using var folder = new TemporaryFolder();
        var whole = await Short.RunAsync();
        var first = Short with { Checkpoints = folder.Path, Length = new RunLength(Epochs: 1, Steps: null) };
        await first.RunAsync();
        var resumed = await (first with { Resume = true, Workers = 2, Length = new RunLength(Epochs: 2, Steps: null) }).RunAsync();
        var evaluated = await LocalTraining.EvaluateAsync(Tied, folder.Path, dataDirectory: null, "cpu");
        using var loaded = TrainedModel.Load(Tied, folder.Path);
        using var input = torch.ones(4, SmallData.Width);
        using var answer = loaded.Predict(input);

        Assert.Equal(whole.ParametersSha256, resumed.ParametersSha256);
        Assert.Equal(whole.Evaluation, evaluated);
        Assert.Equal(torch.ScalarType.Float32, answer.dtype);
        // Numbers with the mantissa of bfloat16: the sum of two.
        Assert.NotEqual(TensorValues.Floats(Tied.Forward(loaded.Module, new Batch([input], 4)).detach()), TensorValues.Floats(answer));
    }

    [Fact]
    public async Task All_ways_of_exchange_and_of_recovery_agree()
    {
        var report = await JobVerification.RunAsync(Tied, new VerificationOptions { Definition = (Short with { Length = new RunLength(null, 12) }).Definition });

        Assert.True(report.AllAgree, $"{report}");
    }

    [Fact]
    public async Task An_operation_that_cannot_be_cast_is_told_with_what_to_do()
    {
        var task = new SmallTask
        {
            Forward = (model, batch) =>
            {
                var prediction = ((torch.nn.Module<torch.Tensor, torch.Tensor>)model).forward(batch.Input);
                return prediction.index_add(0, torch.zeros(1, dtype: torch.ScalarType.Int64), batch.Input.narrow(0, 0, 1).narrow(1, 0, SmallData.Classes), 1);
            },
        };
        var fault = await (Short with { Task = task }).FaultAsync();

        Assert.StartsWith("task 'small' failed in Predict at step 0, shard 0: ", fault, StringComparison.Ordinal);
        Assert.Contains("; with --precision bf16 results of products are bfloat16: give this operation to_type(torch.ScalarType.Float32) of them, or leave --precision out", fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    [Fact]
    public async Task Portable_jobs_are_refused_and_the_class_of_bits_has_one_part_more()
    {
        using var thread = new ComputeThread("fingerprint", threads: 1, portable: false);
        var usual = await thread.RunAsync(() => NumericsFingerprint.Of(DeviceSpec.Cpu, portable: false));
        var cast = await thread.RunAsync(() => NumericsFingerprint.Of(DeviceSpec.Cpu, portable: false, Precision.BFloat16));
        var again = await thread.RunAsync(() => NumericsFingerprint.Compute(DeviceSpec.Cpu, Precision.BFloat16));
        var refusal = Assert.Throws<BadInputException>(() => NumericsFingerprint.Of(DeviceSpec.Cpu, portable: true, Precision.BFloat16));

        Assert.Equal(cast, again);
        Assert.Matches($"^{usual}-[0-9a-f]{{8}}$", cast);
        Assert.Equal(NumericsClass.BFloat16Part, NumericsClass.Differences(cast, cast[..^8] + "00000000"));
        Assert.StartsWith("--portable and --precision bf16 exclude each other: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_kinds_of_products_are_timed()
    {
        using var thread = new ComputeThread("speed", threads: 1, portable: false);
        var (whole, half) = await thread.RunAsync(ProductSpeed.Measure);

        Assert.InRange(whole, double.Epsilon, double.MaxValue);
        Assert.InRange(half, double.Epsilon, double.MaxValue);
    }

    [SkippableFact]
    public void What_is_called_is_exported()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the names are those of the Linux build");
        torch.InitializeDeviceType(DeviceType.CPU);
        Assert.True(NativeLibrary.TryLoad("libtorch_cpu.so", out var library));
        Assert.All(Autocast.Exports, name => Assert.True(NativeLibrary.TryGetExport(library, name, out _), name));
    }
}
