using Cluster.Train.Hosting.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Cluster.Train.Hosting.Telemetry;

/// <summary><c>/metrics</c>, for Prometheus.</summary>
/// <param name="metrics">The metrics.</param>
internal sealed class MetricsEndpoint(PrometheusText metrics) : IWebEndpoints
{
    /// <inheritdoc/>
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/metrics", context =>
    {
        context.Response.ContentType = PrometheusText.ContentType;
        return context.Response.WriteAsync(metrics.Read());
    });
}
