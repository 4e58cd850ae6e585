using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Train.Nodes;

/// <summary>Makes the certificates of a closed network: an authority of one's own, and one certificate that all nodes share.</summary>
internal static class CertificateMaker
{
    /// <summary>The files, in the directory that the user names.</summary>
    public const string AuthorityFile = "ca.pem", AuthorityKeyFile = "ca.key", NodeFile = "node.pem", NodeKeyFile = "node.key";

    private const string NodeName = "cluster-train";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(825);

    // Clocks of two machines differ.
    private static readonly TimeSpan Slack = TimeSpan.FromHours(1);

    /// <summary>Makes what is missing. What is there is kept: an authority signs the new node certificate.</summary>
    /// <param name="directory">Made if it is not there.</param>
    /// <param name="now">The time.</param>
    /// <returns>One line for each file made or kept.</returns>
    /// <exception cref="BadInputException">The directory cannot be written, or the authority's key is missing.</exception>
    public static IReadOnlyList<string> Make(string directory, DateTimeOffset now)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var said = new List<string>();
            using var authority = Authority(directory, now, said);
            if (authority is not null) Node(directory, authority, now, said);
            return said;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"the certificates in '{directory}' cannot be written: {exception.Message}", exception);
        }
    }

    private static X509Certificate2? Authority(string directory, DateTimeOffset now, List<string> said)
    {
        var path = Path.Combine(directory, AuthorityFile);
        var keyPath = Path.Combine(directory, AuthorityKeyFile);
        if (File.Exists(Path.Combine(directory, NodeFile)) && File.Exists(path))
        {
            said.Add($"kept {Path.Combine(directory, NodeFile)}, signed by {path}");
            return null;
        }

        if (File.Exists(path))
        {
            return File.Exists(keyPath)
                ? X509Certificate2.CreateFromPemFile(path, keyPath)
                : throw new BadInputException($"there is '{path}', but not '{keyPath}', its key, which is needed to sign a node certificate: put it there, or begin in an empty folder");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Cluster.Train authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var authority = request.CreateSelfSigned(now - Slack, now + Lifetime);
        WriteKey(keyPath, key);
        File.WriteAllText(path, authority.ExportCertificatePem() + "\n");
        said.Add($"made {path}, the authority; keep {keyPath} off the nodes");
        return authority;
    }

    private static void Node(string directory, X509Certificate2 authority, DateTimeOffset now, List<string> said)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + NodeName, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        // Nobody compares it, but some libraries want one.
        var alternativeName = new SubjectAlternativeNameBuilder();
        alternativeName.AddDnsName(NodeName);
        request.CertificateExtensions.Add(alternativeName.Build());
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        var (first, last) = (new DateTimeOffset(authority.NotBefore), new DateTimeOffset(authority.NotAfter));
        using var certificate = request.Create(
            authority, now - Slack < first ? first : now - Slack, now + Lifetime > last ? last : now + Lifetime, serial);
        WriteKey(Path.Combine(directory, NodeKeyFile), key);
        File.WriteAllText(Path.Combine(directory, NodeFile), certificate.ExportCertificatePem() + "\n");
        said.Add($"made {Path.Combine(directory, NodeFile)}, for all nodes; whoever has it and {NodeKeyFile} belongs to the cluster");
    }

    private static void WriteKey(string path, ECDsa key)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.WriteLine(key.ExportPkcs8PrivateKeyPem());
    }
}
