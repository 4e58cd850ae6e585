using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Train.Exchange.Peers;

/// <summary>
/// TLS for tensor connections, with certificates on both sides: nobody speaks who has none from the cluster's own authority.
/// Host names are not compared with the certificate, since the nodes of a cluster may share one and move between
/// addresses; what counts is the chain to one of <paramref name="Authorities"/>, and to no other root of the machine.
/// Certificates with an extended key usage need both server and client authentication.
/// </summary>
/// <param name="Certificate">This node's certificate with its private key.</param>
/// <param name="Authorities">The only authorities whose certificates are accepted: one, or two while they are exchanged.</param>
internal sealed record TensorSecurity(X509Certificate2 Certificate, X509Certificate2Collection Authorities)
{
    /// <summary>Sent as the server's name; names nobody.</summary>
    private const string ServerName = "cluster-train";

    internal SslServerAuthenticationOptions ServerOptions() => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Certificate, additionalCertificates: null, offline: true),
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = HasChain,
        AllowRenegotiation = false,
    };

    internal SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = ServerName,
        ClientCertificateContext = SslStreamCertificateContext.Create(Certificate, additionalCertificates: null, offline: true),
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = HasChain,
        AllowRenegotiation = false,
    };

    private static bool HasChain(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null && (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;

    private X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Authorities);
        return policy;
    }
}
