package main

import (
	"strings"
	"testing"
)

// TestClusterFlags gives flags of a cluster that are wrong, or that do not fit together.
func TestClusterFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	for flags, want := range map[string]string{
		"":                              "",
		"--node=a":                      "",
		"--cluster=nats://h:4222":       "",
		"--cluster=nats://a,tls://b:42": "",
		"--node=a --cluster-listen=:6222 --cluster-join=b:6222,c:6222": "",
		"--node=a-b":                                           `--node: "a-b" is not the name of a node`,
		"--cluster-name=a.b":                                   `--cluster-name: "a.b" is not the name of a cluster`,
		"--cluster=http://h":                                   "expected nats://HOST:PORT or tls://HOST:PORT",
		"--cluster=h:4222":                                     "expected nats://HOST:PORT or tls://HOST:PORT",
		"--node=a --cluster-listen=6222":                       `"6222" is not an address of a node`,
		"--node=a --cluster-listen=:0":                         `":0" is not an address of a node`,
		"--cluster-listen=:6222":                               "--cluster-listen: --node is missing",
		"--cluster-join=h:6222":                                "--cluster-join: only a node with --cluster-listen has it",
		"--cluster-creds=/f --cluster-listen=:62":              "--cluster-creds: only a node with --cluster has it",
		"--cluster-tls-ca=/f":                                  "--cluster-tls-ca: there is no cluster",
		"--cluster-secret=0123456789abcdef":                    "--cluster-secret: there is no cluster",
		"--cluster-advertise=h:6222":                           "--cluster-advertise: only a node with --cluster-listen has it",
		"--cluster-size=2":                                     "one of two nodes is not a majority",
		"--cluster-size=0":                                     "--cluster-size: 0 is not from 1 to 1000",
		"--cluster-lease=1s":                                   "--cluster-lease: 1s is not from 2s to 5m",
		"--cluster=nats://h --cluster-tls-cert=/f":             "--cluster-tls-cert and --cluster-tls-key belong together",
		"--cluster=nats://h --cluster-secret=0123456789abcdef": "",
		"--node=a --cluster-listen=:62 --cluster-secret=short": "--cluster-secret: 5 characters can be guessed",
		"--node=a --cluster-listen=:62 --cluster=nats://h":     "--cluster and --cluster-listen cannot be combined",
		"--node=a --cluster-listen=:62 --cluster-tls-cert=/f --cluster-tls-key=/f": "--cluster-tls-cert and --cluster-tls-ca belong together",
	} {
		_, err := parseCommands(append([]string{"run", "app.js"}, strings.Fields(flags)...))
		switch {
		case want == "" && err != nil:
			t.Errorf("%q must be valid; got %v", flags, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q must be refused with %q; got %v", flags, want, err)
		}
	}
}

// TestClusterWarnings checks which addresses cause the warning that every process which can reach them can join.
func TestClusterWarnings(t *testing.T) {
	t.Chdir(t.TempDir())
	for flags, warned := range map[string]bool{
		"--cluster-listen=:6222":                                   true,
		"--cluster-listen=192.0.2.1:6222":                          true,
		"--cluster-listen=127.0.0.1:6222":                          false,
		"--cluster-listen=[::1]:6222":                              false,
		"--cluster-listen=:6222 --cluster-secret=0123456789abcdef": false,
		"--cluster-listen=:6222 --cluster-tls-cert=/f --cluster-tls-key=/f --cluster-tls-ca=/f": false,
	} {
		cli, err := parseCommands(append([]string{"run", "app.js", "--node=a"}, strings.Fields(flags)...))
		if err != nil {
			t.Fatal(err)
		}
		if got := cli.Run.clusterFlags.warnings(); len(got) > 0 != warned {
			t.Errorf("%q must cause a warning: %t; got %v", flags, warned, got)
		}
	}
}
