# A program of your own, with the verbs of TrainingHost. Build context: what `dotnet publish` made of it.
#
#   dotnet publish path/to/my-trainer -c Release -o published
#   docker build -f deploy/task.Dockerfile --build-arg PROGRAM=my-trainer -t my-trainer published
#   IMAGE=my-trainer TASK=spiral docker-compose up
ARG DOTNET=10.0
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET} AS state
RUN mkdir -p /state/certificates /state/checkpoints /state/data

FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}
ARG PROGRAM
WORKDIR /program
COPY . ./
# One name for every task: health checks and manifests need not know which.
RUN test -x "/program/${PROGRAM}" || { echo "PROGRAM is '${PROGRAM}', and no such program is in the folder: give --build-arg PROGRAM=NAME"; exit 1; } \
 && { [ "${PROGRAM}" = cluster-train ] || ln -s "${PROGRAM}" /program/cluster-train; }
# Volumes that are mounted here take over the owner.
COPY --from=state --chown=1654:1654 /state /state
USER 1654
ENV CLUSTER_TRAIN_HEALTH_FILE=/tmp/cluster-train-health \
    DOTNET_gcServer=0
ENTRYPOINT ["/program/cluster-train"]
CMD ["--help"]
