package deploy_test

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// compose is what the test needs of a Compose file.
type compose struct {
	Services map[string]struct {
		Command     []string
		Environment map[string]string
		Ports       []string
		Volumes     []string
	}
	Volumes map[string]struct{}
}

// Each service of the Compose file is a node of one cluster: it has a name and a volume of its own, finds all others, and has settings
// that linger accepts.
func TestDockerCluster(t *testing.T) {
	var file compose
	if err := yaml.Unmarshal([]byte(read(t, "deploy", "docker", "cluster.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(file.Services))
	if len(names) != 3 {
		t.Errorf("a cluster with storage has three nodes; got %q", names)
	}
	var all []string
	for _, name := range names {
		all = append(all, name+":6222")
	}
	app := write(t, "app.js", "export default { fetch: () => new Response() };")
	ports := map[string]bool{}
	for _, name := range names {
		service := file.Services[name]
		env := service.Environment
		if env["LINGER_NODE"] != name || env["LINGER_CLUSTER_LISTEN"] != ":6222" || env["LINGER_CLUSTER_JOIN"] != strings.Join(all, ",") {
			t.Errorf("service %s has its own name and joins all services; got %q", name, env)
		}
		if !strings.HasPrefix(env["LINGER_CLUSTER_SECRET"], "${LINGER_CLUSTER_SECRET:?") {
			t.Errorf("service %s does not start without a secret; got %q", name, env["LINGER_CLUSTER_SECRET"])
		}
		if _, exists := file.Volumes[name]; !exists || !slices.Equal(service.Volumes, []string{name + ":/data"}) {
			t.Errorf("service %s has a volume of its own; got %q", name, service.Volumes)
		}
		if len(service.Ports) != 1 || ports[service.Ports[0]] {
			t.Errorf("service %s has a port of its own; got %q", name, service.Ports)
		}
		ports[strings.Join(service.Ports, " ")] = true
		checkSettings(t, name, app, env)
	}
}

// checkSettings runs linger check with the environment of a service.
func checkSettings(t *testing.T, name, app string, env map[string]string) {
	t.Helper()
	check := exec.CommandContext(within(t), linger(t), "check", app)
	check.Env = os.Environ()
	for variable, value := range env {
		if variable == "LINGER_CLUSTER_SECRET" {
			value = "a secret that is long enough"
		}
		check.Env = append(check.Env, variable+"="+value)
	}
	if out, err := check.CombinedOutput(); err != nil || !strings.Contains(string(out), "no warnings") {
		t.Errorf("linger accepts the settings of service %s; got %v\n%s", name, err, out)
	}
}
