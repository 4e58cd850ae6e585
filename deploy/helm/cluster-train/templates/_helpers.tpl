{{- define "cluster-train.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "cluster-train.labels" -}}
app.kubernetes.io/name: cluster-train
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "cluster-train.image" -}}
image: {{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "cluster-train.coordinator" -}}
{{ include "cluster-train.name" . }}-coordinator
{{- end }}

{{- define "cluster-train.worker" -}}
{{ include "cluster-train.name" . }}-worker
{{- end }}

{{- /* Arguments of every node: POD_NAME is in its environment. */}}
{{- define "cluster-train.args" -}}
- --listen=0.0.0.0:4053
- --seed-node={{ include "cluster-train.coordinator" . }}-0.{{ include "cluster-train.coordinator" . }}:4053,{{ include "cluster-train.coordinator" . }}-1.{{ include "cluster-train.coordinator" . }}:4053
- --metrics=0.0.0.0:9464
- --stay
{{- if .Values.tls.enabled }}
- --tls-cert=/state/certificates/tls.crt
- --tls-key=/state/certificates/tls.key
- --tls-ca=/state/certificates/ca.crt
{{- else }}
- --insecure
{{- end }}
{{- if gt (int .Values.worker.gpus) 0 }}
- --device=cuda
{{- end }}
{{- end }}

{{- define "cluster-train.environment" -}}
- name: POD_NAME
  valueFrom:
    fieldRef: {fieldPath: metadata.name}
{{- if .Values.tls.enabled }}
- name: CLUSTER_TRAIN_HTTP_TOKEN
  valueFrom:
    secretKeyRef: {name: {{ .Values.http.tokenSecret }}, key: token}
{{- end }}
{{- end }}

{{- define "cluster-train.ports" -}}
- {name: control, containerPort: 4053}
- {name: tensors, containerPort: 4054}
- {name: metrics, containerPort: 9464}
{{- end }}

{{- define "cluster-train.probe" -}}
scheme: {{ if .Values.tls.enabled }}HTTPS{{ else }}HTTP{{ end }}
port: metrics
{{- end }}

{{- /* A node whose cores all compute may pause for seconds, and one that is started again costs a recovery. */}}
{{- define "cluster-train.probes" -}}
startupProbe:
  httpGet:
    path: /healthz/live
    {{- include "cluster-train.probe" . | nindent 4 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /healthz/live
    {{- include "cluster-train.probe" . | nindent 4 }}
  periodSeconds: 15
  timeoutSeconds: 10
  failureThreshold: 4
readinessProbe:
  httpGet:
    path: /healthz/ready
    {{- include "cluster-train.probe" . | nindent 4 }}
  periodSeconds: 10
  timeoutSeconds: 10
{{- end }}

{{- define "cluster-train.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- /* What the pods of both roles have. */}}
{{- define "cluster-train.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1654
  runAsGroup: 1654
  fsGroup: 1654
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "cluster-train.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.tls.enabled }}
- {name: certificates, mountPath: /state/certificates, readOnly: true}
{{- end }}
{{- end }}

{{- define "cluster-train.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- if .Values.tls.enabled }}
- name: certificates
  secret:
    secretName: {{ .Values.tls.secretName }}
    defaultMode: 288 # 0440: the group is fsGroup
{{- end }}
{{- end }}
