package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
)

// samples has a value for flags of each type, which is not the default of any.
var samples = map[string]string{
	"bool": "true", "int": "7", "float64": "1.5", "string": "text", "[]string": "text",
	"main.duration": "1h", "main.span": "5s", "main.closeCode": "1001", "main.durationOrNever": "never", "main.size": "3MiB", "main.configDate": "2026-01-02",
	"main.runtimeName": "deno", "main.isolation": "none", "main.inspector": "127.0.0.1:9000", "main.lostAction": "1011", "main.backendURL": "ws://127.0.0.1:1",
	"main.port": "81", "main.listenAddress": "unix:/run/a.sock?mode=0660", "main.hostPattern": "a.example.com", "main.originPattern": "https://example.com",
	"main.token": "chat", "main.network": "10.0.0.0/8", "main.proxyPeer": "10.0.0.0/8", "main.egressRule": "10.0.0.0/8=deny", "main.fieldName": "User-Agent", "main.otelHeader": "name=value", "main.adminAddress": "127.0.0.1:9000",
	"main.clusterURL": "nats://127.0.0.1:4222", "main.clusterAddress": "127.0.0.1:6222",
}

// sampleOf returns a valid value for a setting that is not its default. It must have the form in which the value is printed.
func sampleOf(t *testing.T, setting *settings.Setting) string {
	t.Helper()
	if values := setting.EnumSlice(); setting.Enum != "" {
		return values[slices.IndexFunc(values, func(v string) bool { return v != setting.Default })]
	}
	if sample, ok := map[string]string{
		"static-not-found": "404-page", "otel-sample-ratio": "0.5", "lifetime-jitter": "0.5", "admin-token": "0123456789abcdef", "acme-ca": "https://ca.example/directory",
		"cluster-secret": "0123456789abcdef", "cluster-lease": "30s",
	}[setting.Name]; ok {
		return sample
	}
	if setting.Tag.Get("path") != "" {
		return "/text"
	}
	kind := setting.Target.Type()
	if setting.IsSlice() && kind.String() != "[]string" {
		kind = kind.Elem()
	}
	sample := samples[kind.String()]
	if sample == "" {
		t.Fatalf("--%s has the type %s: add a value of it to samples", setting.Name, kind)
	}
	return sample
}

// commandLines are command lines that set no setting, of the commands whose settings have all sources.
var commandLines = map[string][]string{"run": {"run", "app.js"}, "proxy": {"proxy", "--to=ws://127.0.0.1:9"}}

// companions are the flags without which a setting is an error.
var companions = map[string][]string{"tls-key": {"--tls-cert=a.pem"}, "acme-domain": {"--acme-agree-tos"},
	"cluster-listen": {"--node=a"}, "cluster-join": ownCluster, "cluster-dir": ownCluster, "cluster-advertise": ownCluster, "cluster-secret": ownCluster, "cluster-creds": {natsCluster},
	"cluster-tls-cert": {natsCluster, "--cluster-tls-key=a.pem"}, "cluster-tls-key": {natsCluster, "--cluster-tls-cert=a.pem"}, "cluster-tls-ca": {natsCluster},
}

// ownCluster and natsCluster are flags that make a server a node of a cluster.
var ownCluster = []string{"--node=a", "--cluster-listen=127.0.0.1:6222"}

const natsCluster = "--cluster=nats://127.0.0.1:4222"

// settingsOf returns the settings of a command.
func settingsOf(t *testing.T, command string) *settings.Schema {
	t.Helper()
	var cli commands
	parser, err := cli.parser()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := schemaOf(commandCalled(parser.Model.Node, command))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// valueOf returns the setting with a name on a command line, and the kind of its first source.
func valueOf(t *testing.T, name string, args ...string) (*settings.Setting, settings.Kind) {
	t.Helper()
	var cli commands
	parser, err := cli.parser()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	values := map[string]*settings.Values{"run": cli.Run.values, "proxy": cli.Proxy.values}[args[0]]
	for _, setting := range values.Settings() {
		if sources := values.Sources(setting); setting.Name == name && len(sources) > 0 {
			return setting, sources[0].Kind
		}
	}
	t.Fatalf("%q give no value to %s", args, name)
	return nil, 0
}

// TestEachSettingHasAllSources gives each setting a value with its flag, with its variable and in the file.
func TestEachSettingHasAllSources(t *testing.T) {
	t.Chdir(t.TempDir())
	for command, line := range commandLines {
		for _, setting := range settingsOf(t, command).Settings {
			if setting.Variable == "" || setting.Name == "config" {
				continue
			}
			args := line
			if setting.Required {
				args = line[:1]
			}
			args = append(slices.Clone(args), companions[setting.Name]...)
			t.Run(command+"/"+setting.Name, func(t *testing.T) { testSources(t, setting, args) })
		}
	}
}

// testSources gives a setting a value in each of its sources. args is the rest of the command line.
func testSources(t *testing.T, setting *settings.Setting, args []string) {
	sample := sampleOf(t, setting)
	flag, kind := valueOf(t, setting.Name, append(slices.Clone(args), "--"+setting.Name+"="+sample)...)
	text, want := flag.Text(), fmt.Sprint(flag.Target)
	if kind != settings.CommandLine {
		t.Errorf("--%s=%s must be from the command line; got %v", setting.Name, sample, kind)
	}
	switch secret := setting.Tag.Has("secret"); {
	case secret:
		text = fmt.Sprintf("%q", sample)
	case !strings.Contains(text, sample):
		t.Fatalf("--%s=%s is printed as %s: its type needs a method String", setting.Name, sample, text)
	}
	file := fmt.Sprintf("%s = %s\n", setting.Path(), text)
	path := filepath.Join(folder(t, map[string]string{"linger.toml": file}), "linger.toml")
	if got, kind := valueOf(t, setting.Name, append(slices.Clone(args), "--config="+path)...); fmt.Sprint(got.Target) != want || kind != settings.InFile {
		t.Errorf("the file with %s must have the value %s; got %v", file, want, got.Target)
	}
	t.Setenv(setting.Variable, sample)
	if got, kind := valueOf(t, setting.Name, args...); fmt.Sprint(got.Target) != want || kind != settings.Environment {
		t.Errorf("%s=%s must be the value %s; got %v", setting.Variable, sample, want, got.Target)
	}
}

// TestPathsAreMarked checks that paths in the file are relative to it.
func TestPathsAreMarked(t *testing.T) {
	for command := range commandLines {
		for _, setting := range settingsOf(t, command).Settings {
			isPath := setting.PlaceHolder == "FILE" || setting.PlaceHolder == "DIR"
			if isPath && setting.Key != "" && setting.Tag.Get("path") == "" {
				t.Errorf("the flag --%s of %s needs the tag path:\"file\": its value in linger.toml is relative to the file", setting.Name, command)
			}
		}
	}
}

// TestPrintedDefaultsAreValid checks the output of config print --default with and without the comments.
func TestPrintedDefaultsAreValid(t *testing.T) {
	var text bytes.Buffer
	if err := settingsOf(t, "run").WriteDefaults(&text, "title"); err != nil {
		t.Fatal(err)
	}
	assignment := regexp.MustCompile(`(?m)^# ([a-z_]+ = (?:[0-9].*|true|false|"[^A-Z].*))$`)
	before, err := configured(t, "app.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{text.String(), assignment.ReplaceAllString(text.String(), "$1")} {
		path := filepath.Join(folder(t, map[string]string{"linger.toml": file}), "linger.toml")
		after, err := configured(t, "--config="+path, "app.js")
		if err != nil {
			t.Fatalf("%v in\n%s", err, file)
		}
		for _, change := range settings.Changes(before.values, after.values) {
			if change.Setting.Name != "config" && change.Setting.Name != "data" {
				t.Errorf("the file must have the defaults; %s is %s instead of %s", change.Setting.Name, change.New, change.Old)
			}
		}
	}
}

// TestLoadSettingsAgain loads a file that has changed again.
func TestLoadSettingsAgain(t *testing.T) {
	dir := folder(t, map[string]string{"linger.toml": "main = \"app.js\"\nworkers = 2\nevent_timeout = \"60s\"\n[vars]\nA = 1"})
	path := filepath.Join(dir, "linger.toml")
	first, err := configured(t, "--config="+path, "--max-objects=3")
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, path, "main = \"app.js\"\nworkers = 3\nevent_timeout = \"1m\"\nmax_objects = 5\n[vars]\nA = 2")
	second, err := loadSettings(first.args)
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for _, change := range settings.Changes(first.values, second.values) {
		changed = append(changed, change.Setting.Name+" "+change.Old+" "+change.New)
	}
	if got := strings.Join(changed, ", "); got != "workers 2 3" || first.Workers != 2 || second.Workers != 3 || !reflect.DeepEqual(second.vars, map[string]any{"A": int64(2)}) {
		t.Errorf("only workers and the variable have changed, as the flag takes precedence; got %s, variables %v", got, second.vars)
	}
	overwrite(t, path, "workers = 0")
	if _, err := loadSettings(first.args); err == nil || err.Error() != path+":1: workers: 0 is not from 1 to 256" {
		t.Errorf("a file that has become invalid must be refused; got %v", err)
	}
}

// overwrite writes a file.
func overwrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
