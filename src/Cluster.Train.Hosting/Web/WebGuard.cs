using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Cluster.Train.Hosting.Web;

/// <summary>Who gets an answer. What is refused gets a number and nothing else. Pure, but for the response's headers.</summary>
internal static class WebGuard
{
    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    /// <summary>Why a request is refused.</summary>
    /// <param name="request">The request.</param>
    /// <param name="address">What is served, and to whom.</param>
    /// <returns>The status; null where it is answered.</returns>
    public static int? Refusal(HttpRequest request, WebAddress address)
    {
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)) return StatusCodes.Status405MethodNotAllowed;
        if (request.ContentLength is > 0 || request.Headers.ContainsKey("Transfer-Encoding")) return StatusCodes.Status413PayloadTooLarge;

        // A page of another site that the user's browser shows must not read what only this machine can reach: neither with a
        // request of its own, nor by a name that it makes this machine's (DNS rebinding).
        if (request.Headers.ContainsKey("Origin") || !MayAsk(request.Headers)) return StatusCodes.Status403Forbidden;
        if (address.Listen.IsLoopback && !IsLoopback(request.Host.Host)) return StatusCodes.Status403Forbidden;

        // Whoever only asks whether the node is well, as a kubelet does, has no token; it may ask where the handshake let it in.
        return address.Token is { } token && !request.Path.StartsWithSegments("/healthz", StringComparison.Ordinal) && !Has(request, token) ? StatusCodes.Status401Unauthorized : null;
    }

    /// <summary>What a browser may do with an answer.</summary>
    public static void Harden(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    /// <summary>What a page of this server asks for, the user who types an address, and who follows a link to it: the page with the link does not see where it leads.</summary>
    private static bool MayAsk(IHeaderDictionary headers) =>
        headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none"
        || (headers["Sec-Fetch-Mode"].ToString() == "navigate" && headers["Sec-Fetch-Dest"].ToString() == "document");

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool Has(HttpRequest request, string token) => Given(request.Headers.Authorization.ToString()) is { } given
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>The token that a request has: as it is, or, since a browser asks its user for no other, as the password of any name.</summary>
    private static string? Given(string header)
    {
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return header[Bearer.Length..].Trim();
        if (!header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[Basic.Length..].Trim(), bytes, out var count)) return null;
        var text = Encoding.UTF8.GetString(bytes, 0, count);
        return text.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0 ? text[(colon + 1)..] : null;
    }
}
