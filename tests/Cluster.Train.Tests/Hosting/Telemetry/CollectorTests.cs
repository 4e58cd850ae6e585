using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Cluster.Train.Hosting.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace Cluster.Train.Tests.Hosting.Telemetry;

/// <summary>A collector over OTLP: where it is sent to, and what is said of one that takes nothing.</summary>
public sealed class CollectorTests
{
    [Theory]
    [InlineData("http://collector:4318", OtlpExportProtocol.HttpProtobuf, "http://collector:4318/v1/metrics")]
    [InlineData("https://collector:4318/", OtlpExportProtocol.HttpProtobuf, "https://collector:4318/v1/metrics")]
    [InlineData("http://collector:9090/api/v1/otlp/v1/metrics", OtlpExportProtocol.HttpProtobuf, "http://collector:9090/api/v1/otlp/v1/metrics")]
    [InlineData("http://collector:4317", OtlpExportProtocol.Grpc, "http://collector:4317/")]
    public void A_url_without_a_path_gets_that_of_the_protocol(string url, OtlpExportProtocol protocol, string endpoint)
    {
        var options = new OtlpExporterOptions { Protocol = OtlpExportProtocol.Grpc };

        MetricsExport.Address(options, new Uri(url));

        Assert.Equal((protocol, endpoint), (options.Protocol, options.Endpoint.ToString()));
    }

    [Fact]
    public void The_protocol_of_the_variables_holds_for_other_ports()
    {
        var options = new OtlpExporterOptions { Protocol = OtlpExportProtocol.HttpProtobuf };

        MetricsExport.Address(options, new Uri("http://collector:9000"));

        Assert.Equal((OtlpExportProtocol.HttpProtobuf, "http://collector:9000/v1/metrics"), (options.Protocol, options.Endpoint.ToString()));
    }

    [Fact]
    public void A_collector_that_is_not_there_is_told_once()
    {
        // Bound and not listening: nobody else gets the port, and connections are refused.
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var url = new Uri(Invariant($"http://{nobody.LocalEndPoint}/v1/metrics"));
        var told = new List<string>();
        using var trouble = new CollectorTrouble(told.Add);
        using var meter = new Meter("Cluster.Train.Tests.Collector");
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddOtlpExporter(options => MetricsExport.Address(options, url)).Build();
        var counter = meter.CreateCounter<long>("test");

        for (var sent = 0; sent < 2; sent++)
        {
            counter.Add(1);
            Assert.False(provider.ForceFlush());
        }

        var line = Assert.Single(told);
        Assert.StartsWith("metrics do not reach the collector; training goes on: ", line, StringComparison.Ordinal);
        Assert.Contains(url.ToString(), line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
    }
}
