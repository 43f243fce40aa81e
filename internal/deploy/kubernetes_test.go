package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// manifest has the objects of deploy/kubernetes/linger.yaml.
type manifest struct {
	deployment apps.Deployment
	service    core.Service
	budget     policy.PodDisruptionBudget
}

// readManifest decodes the manifest with the types of Kubernetes, which refuse unknown fields.
func readManifest(t *testing.T) (m manifest) {
	t.Helper()
	for text := range strings.SplitSeq(read(t, "deploy", "kubernetes", "linger.yaml"), "\n---\n") {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal([]byte(text), &kind); err != nil {
			t.Fatal(err)
		}
		into := map[string]any{"Deployment": &m.deployment, "Service": &m.service, "PodDisruptionBudget": &m.budget}[kind.Kind]
		if into == nil {
			t.Fatalf("the manifest has an object of the kind %q", kind.Kind)
		}
		if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", kind.Kind, err)
		}
	}
	return m
}

func TestManifest(t *testing.T) {
	m := readManifest(t)
	pod := m.deployment.Spec.Template
	container := pod.Spec.Containers[0]
	for _, selector := range []map[string]string{m.deployment.Spec.Selector.MatchLabels, m.service.Spec.Selector, m.budget.Spec.Selector.MatchLabels} {
		for name, value := range selector {
			if pod.Labels[name] != value {
				t.Errorf("the selector %s=%s selects the pods, whose labels are %v", name, value, pod.Labels)
			}
		}
	}
	ports := map[string]int32{}
	for _, port := range container.Ports {
		ports[port.Name] = port.ContainerPort
	}
	for name, probe := range map[string]*core.Probe{"liveness": container.LivenessProbe, "readiness": container.ReadinessProbe, "startup": container.StartupProbe} {
		if probe == nil || probe.HTTPGet == nil || ports[probe.HTTPGet.Port.StrVal] == 0 {
			t.Errorf("the %s probe uses a port of the container", name)
		}
	}
	if container.ReadinessProbe.HTTPGet.Path != "/readyz" || container.LivenessProbe.HTTPGet.Path != "/livez" {
		t.Error("a pod that drains is not ready, and lives")
	}
	if ports[m.service.Spec.Ports[0].TargetPort.StrVal] != 8080 || len(m.service.Spec.Ports) != 1 {
		t.Errorf("the Service publishes the port of clients only; got %v", m.service.Spec.Ports)
	}
	if grace := time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second; grace < drainTime {
		t.Errorf("a pod has %v to end; a drain takes %v", grace, drainTime)
	}
}

// The command of preStop and the environment of the container are those of this version of Linger.
func TestManifestSettings(t *testing.T) {
	container := readManifest(t).deployment.Spec.Template.Spec.Containers[0]
	var env []string
	for _, v := range container.Env {
		value := v.Value
		if v.ValueFrom != nil {
			value = "0123456789abcdef"
		}
		env = append(env, v.Name+"="+value)
	}
	app := write(t, "app.js", script)
	overridden := []string{"LINGER_LISTEN=127.0.0.1:0", "LINGER_ADMIN_LISTEN=127.0.0.1:" + freePort(t), "LINGER_DRAIN_DELAY=1ms"}
	a := start(t, t.TempDir(), append(env, overridden...), linger(t), append(slices.Clone(container.Args), app)...)
	await(t, "Linger runs with the settings of the manifest", func() bool { return runsAt.MatchString(a.output.String()) })
	if strings.Contains(a.output.String(), "LINGER_") {
		t.Errorf("all variables are known; got %s", a.output.String())
	}
	stop := container.Lifecycle.PreStop.Exec.Command
	if stop[0] != "/usr/bin/linger" {
		t.Fatalf("preStop runs linger; got %q", stop)
	}
	drain := start(t, t.TempDir(), append(env, overridden...), linger(t), stop[1:]...)
	select {
	case <-drain.ended:
		if code := drain.ProcessState.ExitCode(); code != 0 {
			t.Errorf("preStop succeeds; got %d %s", code, drain.output.String())
		}
	case <-time.After(patience):
		t.Errorf("preStop ends without connections; it has printed %s", drain.output.String())
	}
	select {
	case <-a.ended:
		t.Errorf("the server stays until SIGTERM; it has printed %s", a.output.String())
	default:
	}
}
