using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cluster.Train.Exchange.Peers;

namespace Cluster.Train.Tests.Exchange.Tcp;

/// <summary>Authorities and certificates made for a test.</summary>
internal static class Certificates
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset End = DateTimeOffset.UtcNow.AddDays(1);

    internal static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(Start, End);
    }

    /// <summary>A node's certificate from one authority, and the authority that the node itself trusts.</summary>
    internal static TensorSecurity Node(X509Certificate2 issuer, X509Certificate2? trusted = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(issuer, Start, End, RandomNumberGenerator.GetBytes(8));
        return new TensorSecurity(certificate.CopyWithPrivateKey(key), [trusted ?? issuer]);
    }
}
