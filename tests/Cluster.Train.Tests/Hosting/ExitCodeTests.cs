using System.Runtime.InteropServices;
using Cluster.Train.Hosting.Surroundings;
using Cluster.Train.Training;

namespace Cluster.Train.Tests.Hosting;

public sealed class ExitCodeTests
{
    [Fact]
    public async Task A_fault_is_one_line_and_exit_code_1()
    {
        var run = await WithRun((_, _) => throw new TrainingFaultException("step 17, shard 1, worker-2: the loss is NaN\nlower --lr")).RunLineAsync("train");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("error: step 17, shard 1, worker-2: the loss is NaN lower --lr\n", run.Error);
    }

    [Fact]
    public async Task Bad_data_found_by_the_engine_is_exit_code_2()
    {
        var run = await WithRun((_, _) => throw new BadInputException("'train-images' is cut")).RunLineAsync("train");

        Assert.Equal((2, "error: 'train-images' is cut\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task An_unexpected_error_is_one_line_with_its_type()
    {
        var run = await WithRun((_, _) => throw new InvalidOperationException("never seen")).RunLineAsync("train");

        Assert.Equal((1, "error: InvalidOperationException: never seen (--log-level debug shows where)\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Its_trace_is_shown_at_level_debug()
    {
        var run = await WithRun((_, _) => throw new InvalidOperationException("never seen")).RunLineAsync("train --log-level debug");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("   at Cluster.Train.Tests.Hosting.ExitCodeTests", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGTERM, 143)]
    [InlineData(PosixSignal.SIGQUIT, 131)]
    public async Task The_first_signal_stops_at_a_step_boundary(PosixSignal signal, int exitCode)
    {
        HostRun? run = null;
        run = WithRun((_, stop) =>
        {
            Assert.False(stop.IsCancellationRequested);
            Assert.True(run!.Signals!.Receive(signal));
            Assert.True(stop.IsCancellationRequested);
            return Task.FromResult(FakeEngine.Outcome with { Completed = false, Steps = 25 });
        });

        await run.RunLineAsync("train");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith("stopping at the next step boundary; ", run.Error, StringComparison.Ordinal);
        Assert.Contains("stopped after step 25\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_before_the_first_step_ends_the_run_as_well()
    {
        HostRun? run = null;
        run = WithRun((_, stop) =>
        {
            run!.Signals!.Receive(PosixSignal.SIGINT);
            throw new OperationCanceledException(stop);
        });

        await run.RunLineAsync("train");

        Assert.Equal((130, "stopped before the first step\n"), (run.ExitCode, run.Out));
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGTERM, 143)]
    [InlineData(PosixSignal.SIGHUP, 129)]
    public async Task An_evaluation_that_is_stopped_says_so_in_a_line(PosixSignal signal, int exitCode)
    {
        using var folder = new TemporaryFolder();
        HostRun? run = null;
        run = new HostRun
        {
            Engine = new FakeEngine
            {
                Evaluate = stop =>
                {
                    run!.Signals!.Receive(signal);
                    return Task.FromCanceled<EvaluationResult>(stop);
                },
            },
        };

        await run.RunAsync("evaluate", "xor", "--checkpoint", folder.Path);

        Assert.Equal((exitCode, "", "xor: stopping, without a result; a second signal ends at once\n"), (run.ExitCode, run.Out, run.Error));
    }

    [Fact]
    public async Task A_coordinator_that_was_stopped_before_it_had_its_job_says_what_is_lost()
    {
        HostRun? run = null;
        run = new HostRun
        {
            Cluster = new FakeCluster
            {
                Coordinate = (_, stop) =>
                {
                    run!.Signals!.Receive(PosixSignal.SIGTERM);
                    throw new OperationCanceledException("stopped while it took the job over: what was done is lost", stop);
                },
            },
        };

        await run.RunLineAsync("coordinator xor");

        Assert.Equal((143, "stopped while it took the job over: what was done is lost\n"), (run.ExitCode, run.Out));
    }

    [Fact]
    public void The_second_signal_is_left_to_end_the_process()
    {
        using var signals = new StopSignals(TextWriter.Null, terminal: null);

        Assert.True(signals.Receive(PosixSignal.SIGINT));
        Assert.False(signals.Receive(PosixSignal.SIGINT));
        Assert.Equal(130, signals.ExitCode);
    }

    [Fact]
    public void A_terminal_that_closes_stops_the_run_however_often_it_says_so()
    {
        using var said = new StringWriter();
        using var signals = new StopSignals(said, terminal: null);

        // The shell sends it, and then the system.
        Assert.True(signals.Receive(PosixSignal.SIGHUP));
        Assert.True(signals.Receive(PosixSignal.SIGHUP));
        Assert.Equal(129, signals.ExitCode);
        Assert.True(signals.Token.IsCancellationRequested);
        Assert.Equal("the terminal has closed: stopping at the next step boundary\n", said.ToString());
    }

    [Fact]
    public void A_service_manager_that_hangs_up_after_it_asked_to_stop_does_not_end_the_process()
    {
        using var signals = new StopSignals(TextWriter.Null, terminal: null);

        Assert.True(signals.Receive(PosixSignal.SIGTERM));
        Assert.True(signals.Receive(PosixSignal.SIGHUP));
        Assert.Equal(143, signals.ExitCode);
    }

    [Fact]
    public async Task Output_that_could_not_be_written_is_told_at_the_end()
    {
        var run = await new HostRun { OutputFailure = "No space left on device" }.RunLineAsync("train");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("error: standard output could not be written (No space left on device): lines are missing there; all else was done, and the files are whole\n", run.Error);
    }

    [Fact]
    public void A_writer_that_fails_is_written_to_again_and_the_first_reason_kept()
    {
        using var disk = new FullDisk();
        using var writer = new GuardedWriter(disk);

        writer.WriteLine("lost");
        writer.Flush();
        disk.IsFull = false;
        writer.WriteLine("kept");

        Assert.Equal(("No space left on device", "kept\n"), (writer.Failure, disk.ToString()));
    }

    [Fact]
    public async Task A_run_that_ends_although_a_signal_came_is_done()
    {
        HostRun? run = null;
        run = WithRun((_, _) =>
        {
            run!.Signals!.Receive(PosixSignal.SIGTERM);
            return Task.FromResult(FakeEngine.Outcome);
        });

        await run.RunLineAsync("train");

        Assert.Equal(0, run.ExitCode);
    }

    [Theory]
    [InlineData("Xor", "task name 'Xor'")]
    [InlineData("", "task name ''")]
    public async Task A_task_whose_name_cannot_be_typed_is_a_mistake_of_its_author(string name, string expected)
    {
        var run = new HostRun { Tasks = [new FakeTask(name, JobDefaults.Standard)] };

        var mistake = await Assert.ThrowsAsync<ArgumentException>(() => run.RunLineAsync("train"));
        Assert.Contains(expected, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tasks_must_differ_in_name_and_their_options_from_those_of_all_tasks()
    {
        var option = new TaskOption("seed", "Mine.", "1");
        var lost = new TaskOption("model", "Mine.", "gpt", "mlp", "cnn");
        IReadOnlyList<IReadOnlyList<ITrainingTask>> mistakes =
        [
            [],
            [FakeTask.Xor, FakeTask.Xor],
            [new FakeTask("a", JobDefaults.Standard, option)],
            [new FakeTask("a", JobDefaults.Standard, lost)],
        ];
        foreach (var tasks in mistakes)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => new HostRun { Tasks = tasks }.RunLineAsync("train"));
        }
    }

    private sealed class FullDisk : StringWriter
    {
        public bool IsFull { get; set; } = true;

        public override void WriteLine(string? value)
        {
            if (IsFull) throw new IOException("No space left on device");
            base.WriteLine(value);
        }
    }

    private static HostRun WithRun(Func<IJobObserver, CancellationToken, Task<JobOutcome>> run) => new() { Engine = new FakeEngine { Run = run } };
}
