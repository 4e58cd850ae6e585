using Microsoft.AspNetCore.Routing;

namespace Cluster.Train.Hosting.Web;

/// <summary>Something that a node serves: it maps its endpoints, all of them to be read with GET.</summary>
internal interface IWebEndpoints
{
    /// <summary>Maps them.</summary>
    void Map(IEndpointRouteBuilder routes);
}
