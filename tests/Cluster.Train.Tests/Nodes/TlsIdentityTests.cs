using Cluster.Train.Nodes;
using Cluster.Train.Tests.Hosting;

namespace Cluster.Train.Tests.Nodes;

public sealed class TlsIdentityTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Certificates_of_one_authority_accept_each_other()
    {
        Make("a");
        File.Copy(Path("a", "ca.pem"), Path("b", "ca.pem", make: true));
        File.Copy(Path("a", "ca.key"), Path("b", "ca.key"));
        Make("b");

        using var first = Load("a");
        using var second = Load("b");

        Assert.NotEqual(first.Certificate.Thumbprint, second.Certificate.Thumbprint);
        Assert.Null(first.Refusal(second.Certificate, Now));
        Assert.Null(second.Refusal(first.Certificate, Now));
    }

    [Fact]
    public void A_certificate_of_another_authority_is_refused()
    {
        Make("a");
        Make("b");
        using var first = Load("a");
        using var second = Load("b");

        Assert.NotNull(first.Refusal(second.Certificate, Now));
        Assert.NotNull(first.Refusal(null, Now));
    }

    [Fact]
    public void An_expired_certificate_is_refused()
    {
        Make("a");
        using var identity = Load("a");

        Assert.NotNull(identity.Refusal(identity.Certificate, Now.AddYears(3)));
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_bad_input()
    {
        Make("a");
        Make("b");

        Assert.Contains("no certificate with its key", Refused(Path("a", "node.pem"), Path("b", "node.key"), Path("a", "ca.pem")), StringComparison.Ordinal);
        Assert.Contains("is not one that --tls-ca", Refused(Path("a", "node.pem"), Path("a", "node.key"), Path("b", "ca.pem")), StringComparison.Ordinal);
        Assert.Contains("--tls-ca is", Refused(Path("a", "node.pem"), Path("a", "node.key"), Path("a", "node.key")), StringComparison.Ordinal);
        Assert.Contains("--tls-key is", Refused(Path("a", "node.pem"), Path("a", "none"), Path("a", "ca.pem")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_there_is_kept_and_keys_are_for_the_owner_alone()
    {
        Make("a");
        var before = File.ReadAllText(Path("a", "node.pem"));

        Make("a");

        Assert.Equal(before, File.ReadAllText(Path("a", "node.pem")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path("a", "node.key")));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path("a", "ca.key")));
        }
    }

    private void Make(string name) => CertificateMaker.Make(Path(name), Now);

    private TlsIdentity Load(string name) => TlsIdentity.Load(Path(name, "node.pem"), Path(name, "node.key"), Path(name, "ca.pem"), Now);

    private static string Refused(string certificate, string key, string authority) =>
        Assert.Throws<BadInputException>(() => TlsIdentity.Load(certificate, key, authority, Now)).Message;

    private string Path(string name, string file = "", bool make = false)
    {
        var folder = _folder.File(name);
        if (make) Directory.CreateDirectory(folder);
        return System.IO.Path.Combine(folder, file);
    }
}
