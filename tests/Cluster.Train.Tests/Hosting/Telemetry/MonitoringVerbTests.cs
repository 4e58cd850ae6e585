using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cluster.Train.Hosting.Telemetry;
using Cluster.Train.Telemetry;

namespace Cluster.Train.Tests.Hosting.Telemetry;

/// <summary>The options with which others see what a process does.</summary>
public sealed class MonitoringVerbTests
{
    [Theory]
    [InlineData("train xor")]
    [InlineData("coordinator xor")]
    [InlineData("worker --seed-node 127.0.0.1:4053")]
    public async Task Every_process_that_trains_serves_its_metrics_and_says_where(string line)
    {
        var run = new HostRun();

        await run.RunLineAsync(line + " --metrics 127.0.0.1:0");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches("metrics: http://127\\.0\\.0\\.1:[0-9]+/metrics", run.Out);
    }

    [Theory]
    [InlineData("train xor", "--dashboard 127.0.0.1:0")]
    [InlineData("coordinator xor", "--dashboard 127.0.0.1:0 --metrics 127.0.0.1:0")]
    [InlineData("coordinator xor", "--dashboard localhost:0 --metrics [::1]:0")]
    public async Task A_process_that_coordinates_serves_its_dashboard_and_says_where(string line, string options)
    {
        var run = new HostRun();

        await run.RunLineAsync($"{line} {options}");

        Assert.Equal(0, run.ExitCode);
        var page = Regex.Match(run.Out, "(?<=dashboard: )http://127\\.0\\.0\\.1:[0-9]+/", RegexOptions.None, TimeSpan.FromSeconds(10)).Value;
        Assert.NotEmpty(page);
        // The same address is one server.
        if (options.Contains("--metrics", StringComparison.Ordinal)) Assert.Equal(options.Contains("::1", StringComparison.Ordinal), !run.Out.Contains($"metrics: {page}metrics", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("train xor --metrics 127.0.0.1:7001 --dashboard 0.0.0.0:7001 --insecure", "--dashboard is 0.0.0.0:7001, a port that --metrics (127.0.0.1:7001) has already: give another")]
    [InlineData("coordinator xor --dashboard 127.0.0.1:4053", "--dashboard is 127.0.0.1:4053, a port that --listen (127.0.0.1:4053) has already: give another")]
    [InlineData("coordinator xor --listen 127.0.0.1:7001 --metrics localhost:7002", "--metrics is 127.0.0.1:7002, a port that --listen, for tensors, (127.0.0.1:7002) has already: give another")]
    [InlineData("worker --seed-node a:1 --listen 127.0.0.1:7001 --tensor-port 7009 --metrics 127.0.0.1:7009", "--metrics is 127.0.0.1:7009, a port that --tensor-port (127.0.0.1:7009) has already: give another")]
    public async Task A_port_that_is_given_twice_is_refused_with_both_options(string line, string reason)
    {
        var run = new HostRun();

        await run.RunLineAsync(line);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_has_no_dashboard_whatever_the_environment_says()
    {
        var run = new HostRun();
        run.Variables["CLUSTER_TRAIN_DASHBOARD"] = "127.0.0.1:0";

        await run.RunLineAsync("worker --seed-node 127.0.0.1:4053");

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("dashboard", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_watches_a_run_has_its_end()
    {
        var (address, watching) = (FreePort(), new TaskCompletionSource<Task<string>>());
        var run = new HostRun
        {
            Engine = new FakeEngine
            {
                Run = async (observer, stop) =>
                {
                    using var client = new HttpClient();
                    observer.OnRoster(FakeEngine.Roster);
                    var stream = await client.GetStreamAsync(new Uri($"http://{address}/api/events"), stop);
                    watching.SetResult(new StreamReader(stream).ReadToEndAsync(stop));
                    throw new TrainingFaultException("too few workers");
                },
            },
        };

        await run.RunLineAsync($"train xor --dashboard {address}");

        Assert.Equal(1, run.ExitCode);
        var text = await await watching.Task;
        Assert.Contains("\"task\":\"xor\"", text, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"failed\",\"reason\":\"too few workers\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--metrics nowhere", "--metrics is 'nowhere': give HOST:PORT")]
    [InlineData("--metrics 0.0.0.0:0", "--metrics is 0.0.0.0:0, which other machines can reach")]
    [InlineData("--metrics 192.0.2.1:9464 --insecure", "no address of this machine")]
    [InlineData("--metrics 127.0.0.1:0 --http-token short", "fewer than 16 characters")]
    [InlineData("--dashboard nowhere", "--dashboard is 'nowhere': give HOST:PORT")]
    [InlineData("--dashboard 0.0.0.0:0", "--dashboard is 0.0.0.0:0, which other machines can reach")]
    [InlineData("--dashboard 127.0.0.1:0 --http-token short", "fewer than 16 characters")]
    [InlineData("--otlp collector", "--otlp is 'collector': give an http or https URL")]
    [InlineData("--trace /no/such/folder/trace.json", "there is no folder")]
    public async Task Bad_input_is_one_line_before_a_step(string options, string expected)
    {
        var run = new HostRun();

        await run.RunLineAsync("train xor " + options);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Error.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
        Assert.Null(run.Engine.Asked);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_before_a_step()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var run = new HostRun();

        await run.RunLineAsync(Invariant($"train xor --metrics {taken.LocalEndpoint}"));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("this port is taken", run.Error, StringComparison.Ordinal);
        Assert.Null(run.Engine.Asked);
    }

    [Fact]
    public void A_trace_is_one_JSON_array_with_a_row_for_each_worker()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("trace.json");
        using (var trace = new TraceFile(path, text => Assert.Fail(text)))
        {
            trace.Take("worker-1", [new StepSpan(0, "data", 10, 20), new StepSpan(0, "compute", 20, 50)]);
            trace.Take("worker-2", [new StepSpan(0, "compute", 15, 50)]);
        }

        using var read = JsonDocument.Parse(File.ReadAllText(path));
        var spans = read.RootElement.EnumerateArray().Where(happened => happened.GetProperty("ph").GetString() == "X").ToArray();
        Assert.Equal(["data", "compute", "compute"], spans.Select(span => span.GetProperty("name").GetString()));
        Assert.Equal(2, spans.Select(span => span.GetProperty("tid").GetInt32()).Distinct().Count());
        Assert.All(spans, span => Assert.True(span.GetProperty("dur").GetDouble() > 0));
        Assert.Contains(read.RootElement.EnumerateArray(), happened => happened.GetProperty("args").TryGetProperty("name", out var name) && name.GetString() == "worker-2");
    }

    [Fact]
    public void A_trace_that_has_its_size_stays_whole_and_says_so_once()
    {
        using var folder = new TemporaryFolder();
        var (path, told) = (folder.File("trace.json"), new List<string>());
        using (var trace = new TraceFile(path, told.Add, mostBytes: 64 << 10))
        {
            for (var step = 0; step < 10_000; step++) trace.Take("worker-1", [new StepSpan(step, "compute", step, step + 1)]);
        }

        Assert.InRange(new FileInfo(path).Length, 1, 64 << 10);
        Assert.Contains("what comes later is not in it", Assert.Single(told), StringComparison.Ordinal);
        using var read = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(JsonValueKind.Array, read.RootElement.ValueKind);
    }

    [Fact]
    public async Task Where_a_steps_time_went_is_in_the_closing_table()
    {
        var run = new HostRun
        {
            Engine = new FakeEngine { Run = (_, _) => Task.FromResult(FakeEngine.Outcome with { StepTime = new StepTime(1, 6, 2, 1, 0) }) },
        };

        await run.RunLineAsync("train xor");

        Assert.Contains("steps       data 10 %, compute 60 %, wait 20 %, exchange 10 %", run.Out, StringComparison.Ordinal);
    }

    private static string FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return $"{probe.LocalEndpoint}";
    }
}
