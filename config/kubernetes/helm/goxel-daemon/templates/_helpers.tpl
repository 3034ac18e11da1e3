{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{- define "goxel-daemon.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{/* Room is left for "-headless" and a pod's number in 63 letters. */}}
{{- define "goxel-daemon.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- $name := include "goxel-daemon.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "goxel-daemon.selectorLabels" -}}
app.kubernetes.io/name: {{ include "goxel-daemon.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "goxel-daemon.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "goxel-daemon.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "goxel-daemon.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- define "goxel-daemon.tokenSecret" -}}
{{- .Values.auth.existingSecret | default (printf "%s-tokens" (include "goxel-daemon.fullname" .)) }}
{{- end }}

{{- define "goxel-daemon.port" -}}
{{- regexFind "[0-9]+$" .Values.config.monitoring.metrics_listen }}
{{- end }}

{{- define "goxel-daemon.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What would only show when the daemon has ended with exit code 78, or later. */}}
{{- define "goxel-daemon.check" -}}
{{- if not .Values.config.security.enable_authentication }}
{{- fail "config.security.enable_authentication must be true: the daemon does not listen to other machines without tokens" }}
{{- end }}
{{- if and .Values.auth.tokens .Values.auth.existingSecret }}
{{- fail "auth.tokens and auth.existingSecret exclude each other" }}
{{- end }}
{{- if le (int .Values.terminationGracePeriodSeconds) (int (.Values.config.server.drain_seconds | default 10)) }}
{{- fail "terminationGracePeriodSeconds must be more than config.server.drain_seconds" }}
{{- end }}
{{- end }}
