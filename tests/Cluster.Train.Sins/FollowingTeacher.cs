using Cluster.Train.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Cluster.Train.Sins;

/// <summary>A frozen teacher follows the model by a moving average, once a call and not once a step.</summary>
internal sealed class FollowingTeacher() : SinTask("following-teacher")
{
    public override Module<Tensor, Tensor> CreateModel(TaskSettings settings, TaskData data) => new Pair();

    public override Tensor Loss(Tensor prediction, Batch batch) => functional.cross_entropy(prediction, batch.Target);

    private sealed class Pair : Module<Tensor, Tensor>
    {
        private readonly Linear _student = Linear(Points.Width, 2);
        private readonly Linear _teacher = Linear(Points.Width, 2);

        internal Pair()
            : base(nameof(Pair))
        {
            RegisterComponents();
            foreach (var parameter in _teacher.parameters()) parameter.requires_grad_(false);
        }

        public override Tensor forward(Tensor input)
        {
            using (no_grad())
            {
                foreach (var (teacher, student) in _teacher.parameters().Zip(_student.parameters())) teacher.mul_(0.9f).add_(student, alpha: 0.1f);
            }

            return _student.forward(input) + (0.5f * _teacher.forward(input));
        }
    }
}
