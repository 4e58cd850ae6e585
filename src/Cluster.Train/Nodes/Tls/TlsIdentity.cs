using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Train.Nodes;

/// <summary>
/// What a node proves its identity with, and how it judges others: a certificate with its key, and the authority that
/// signed the certificates of all nodes. Who has a certificate of that authority belongs to the cluster; names are not
/// compared, so that nodes may share a certificate and come and go under any address.
/// </summary>
public sealed class TlsIdentity : IDisposable
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1", ClientUsage = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _authorities;

    private TlsIdentity(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        Certificate = certificate;
        _authorities = authorities;
    }

    /// <summary>The node's certificate, with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The authorities that vouch for the nodes of the cluster.</summary>
    public X509Certificate2Collection Authorities => _authorities;

    /// <summary>
    /// Makes the files of a closed network, where they are missing: an authority of its own (ca.pem, ca.key) and a certificate
    /// that all nodes may share (node.pem, node.key).
    /// </summary>
    /// <param name="directory">Made if it is not there.</param>
    /// <returns>One line for each file made or kept.</returns>
    /// <exception cref="BadInputException">The directory cannot be written, or the authority's key is missing.</exception>
    public static IReadOnlyList<string> MakeFiles(string directory) => CertificateMaker.Make(directory, DateTimeOffset.UtcNow);

    /// <summary>Reads the three PEM files and checks that they belong together.</summary>
    /// <param name="certificatePath">The node's certificate.</param>
    /// <param name="keyPath">Its private key, not encrypted.</param>
    /// <param name="authorityPath">The authority's certificate, or several.</param>
    /// <exception cref="BadInputException">A file is missing or something else, or one does not fit the others.</exception>
    public static TlsIdentity Load(string certificatePath, string keyPath, string authorityPath) =>
        Load(certificatePath, keyPath, authorityPath, DateTimeOffset.UtcNow);

    /// <summary>The same at the time at which they must be valid.</summary>
    internal static TlsIdentity Load(string certificatePath, string keyPath, string authorityPath, DateTimeOffset now)
    {
        var authorities = new X509Certificate2Collection();
        Read("--tls-ca", authorityPath, () => authorities.ImportFromPem(File.ReadAllText(authorityPath)));
        if (authorities.Count == 0) throw new BadInputException($"--tls-ca is '{authorityPath}', which holds no certificate in PEM form");
        var certificatePem = Read("--tls-cert", certificatePath, () => File.ReadAllText(certificatePath));
        var keyPem = Read("--tls-key", keyPath, () => File.ReadAllText(keyPath));
        X509Certificate2 certificate;
        try
        {
            using var fromPem = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            // A key that came from PEM lives in memory only, and some platforms' TLS cannot use such a one.
            certificate = X509CertificateLoader.LoadPkcs12(fromPem.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new BadInputException($"--tls-cert '{certificatePath}' and --tls-key '{keyPath}' are no certificate with its key: {exception.Message}", exception);
        }

        var identity = new TlsIdentity(certificate, authorities);
        if (identity.Refusal(certificate, now) is { } reason)
        {
            identity.Dispose();
            throw new BadInputException($"--tls-cert '{certificatePath}' is not one that --tls-ca '{authorityPath}' vouches for: {reason}");
        }

        return identity;
    }

    /// <summary>Why a peer's certificate is not accepted; null if it is.</summary>
    public string? Refusal(X509Certificate? certificate, DateTimeOffset now)
    {
        if (certificate is null) return "it has no certificate";
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        // An authority of one's own has no revocation list: a node is shut out by a new authority.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        using var candidate = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        if (!chain.Build(candidate))
        {
            return string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct(StringComparer.Ordinal));
        }

        // Nodes are both: whoever dials is a client, whoever answers a server.
        var usages = candidate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>()).Select(usage => usage.Value).ToArray();
        return usages.Length > 0 && !(usages.Contains(ServerUsage) && usages.Contains(ClientUsage))
            ? "it is not meant for both sides of a connection (serverAuth and clientAuth)"
            : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var authority in _authorities)
        {
            authority.Dispose();
        }
    }

    private static string Read(string option, string path, Func<string> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new BadInputException($"{option} is '{path}', which cannot be read: {exception.Message}", exception);
        }
    }

    private static void Read(string option, string path, Action read) => Read(option, path, () =>
    {
        read();
        return "";
    });
}
