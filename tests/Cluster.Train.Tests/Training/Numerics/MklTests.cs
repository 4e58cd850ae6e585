using Cluster.Train.Native;

namespace Cluster.Train.Tests.Training.Numerics;

/// <summary>Which of MKL's branches is in force, and what it takes the processor for.</summary>
public sealed class MklTests
{
    [SkippableFact]
    public void The_branch_in_force_is_the_one_that_was_asked_for()
    {
        var branch = MklBranch.InForce();
        Skip.If(branch is null, "libtorch's MKL exports its functions on Linux only");

        Assert.Equal("AUTO,STRICT", MklBranch.Name(branch!.Value));
        MklBranch.Require(portable: false, branch, wasLoaded: false);
    }

    [Theory]
    [InlineData(true, 65538, "takes AUTO,STRICT instead of AVX2,STRICT")]
    [InlineData(true, 10, "takes AVX2 instead of AVX2,STRICT")]
    [InlineData(false, 65546, "takes AVX2,STRICT instead of AUTO,STRICT")]
    [InlineData(false, 1, "takes no branch instead of AUTO,STRICT")]
    [InlineData(false, 3, "takes COMPATIBLE instead of AUTO,STRICT")]
    public void Another_branch_is_refused_by_name(bool portable, int branch, string reason) =>
        Assert.Contains(reason, Assert.Throws<BadInputException>(() => MklBranch.Require(portable, branch, wasLoaded: false)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(true, false, "lacks or hides other instructions that MKL wants with it, such as AES; leave --portable out")]
    [InlineData(true, true, "call TrainingHost.RunAsync or NativeEnvironment.Prepare before any torch call")]
    [InlineData(false, false, "call TrainingHost.RunAsync or NativeEnvironment.Prepare before any torch call")]
    public void What_to_do_depends_on_whether_libtorch_was_there_before(bool portable, bool wasLoaded, string advice) =>
        Assert.Contains(advice, Assert.Throws<BadInputException>(() => MklBranch.Require(portable, inForce: 1, wasLoaded)).Message, StringComparison.Ordinal);

    [Fact]
    public void Where_an_answer_is_kept_is_read_from_the_first_instruction_only_if_all_bytes_are_known()
    {
        byte[] test = [0x85, 0xC0, 0x78, 0x01, 0xC3];
        byte[] code = [0x8B, 0x05, 0x1A, 0x67, 0x98, 0x09, .. test];

        Assert.Equal(0x0998671A + 6, MklVendor.DistanceToAnswer(code, test));
        for (var i = 0; i < code.Length; i++)
        {
            if (i is >= 2 and < 6)
            {
                continue;
            }

            var other = code.ToArray();
            other[i] ^= 1;
            Assert.Null(MklVendor.DistanceToAnswer(other, test));
        }
    }

    [Fact]
    public void The_processor_has_a_name_for_messages()
    {
        Assert.NotEmpty(Processor.Name);
        Assert.Equal(Processor.Name.Trim(), Processor.Name);
        Assert.DoesNotContain(Processor.Name, char.IsControl);
    }
}
