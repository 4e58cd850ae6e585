# A program of your own, with the verbs of TrainingHost. Build context: what `dotnet publish` made of it.
#
#   dotnet publish path/to/my-trainer -c Release -o published
#   docker build -f deploy/task.Dockerfile -t my-trainer published
#   IMAGE=my-trainer TASK=spiral docker-compose up            or all but the first in one: compose.task.yml
#
# Where the folder holds several programs: --build-arg PROGRAM=my-trainer
ARG DOTNET=10.0
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET} AS state
RUN mkdir -p /state/certificates /state/checkpoints /state/data

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}
ARG PROGRAM
WORKDIR /program
COPY . ./
# One name for every task: health checks and manifests need not know which. Every program has a NAME.runtimeconfig.json.
RUN program="${PROGRAM:-$(find /program -maxdepth 1 -name '*.runtimeconfig.json' -exec basename {} .runtimeconfig.json \;)}" \
 && { test -x "/program/${program}" || { echo "PROGRAM is '"${program}"', and there is no such program in the folder: give what dotnet publish made, and --build-arg PROGRAM=NAME where it holds several"; exit 1; }; } \
 && { [ "${program}" = cluster-train ] || ln -s "${program}" /program/cluster-train; }
# Volumes that are mounted here take over the owner.
COPY --from=state --chown=1654:1654 /state /state
USER 1654
ENV CLUSTER_TRAIN_HEALTH_FILE=/tmp/cluster-train-health \
    DOTNET_gcServer=0
ENTRYPOINT ["/program/cluster-train"]
CMD ["--help"]
