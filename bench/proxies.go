//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// proxies are measured like servers. Their backend is a Linger server on the core of the
// load generator, so that only the time of the proxy itself counts.
var proxies = []library{
	{"proxy", "proxies", "linger proxy", withServer("go build -buildvcs=false -o {bin}/linger ./cmd/linger"), proxied("{bin}/linger proxy --listen={front} --to=ws://{back} --origin='*'", "")},
	{"haproxy", "proxies", "HAProxy", withServer("haproxy -v"), proxied("haproxy -db -f {config}", `
global
	nbthread 1
	maxconn 4000
defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
	timeout tunnel 1h
listen proxy
	bind {front}
	server backend {back}
`)},
	{"nginx", "proxies", "nginx", withServer("nginx -v"), proxied("nginx -c {config} -e stderr", `
daemon off;
master_process off;
pid {config}.pid;
error_log stderr crit;
events { worker_connections 4000; }
http {
	access_log off;
	server {
		listen {front};
		location / {
			proxy_pass http://{back};
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection upgrade;
		}
	}
}
`)},
}

// withServer returns the step that builds the Linger server and then runs the command
// proxy, which builds the proxy or fails if it is not installed.
func withServer(proxy string) step {
	return func(w workspace) (string, []string) {
		folder, server := lingerBuild(w)
		return folder, []string{"sh", "-c", strings.Join(server, " ") + " && " + strings.ReplaceAll(proxy, "{bin}", w.bin)}
	}
}

// proxied returns a command that starts the backend, which ends with the proxy, and then
// replaces itself with the proxy. In line and config, names in braces stand for paths and
// addresses.
func proxied(line, config string) func(workspace, netip.AddrPort, variant) []string {
	return func(w workspace, front netip.AddrPort, _ variant) []string {
		back, err := freePort()
		if err != nil {
			return []string{"false"}
		}
		file := filepath.Join(w.bin, fmt.Sprintf("proxy-%d.conf", front.Port()))
		fill := strings.NewReplacer("{bin}", w.bin, "{front}", front.String(), "{back}", back.String(), "{config}", file)
		if err := os.WriteFile(file, []byte(fill.Replace(config)), 0o600); err != nil {
			return []string{"false"}
		}
		_, loadCore := pinned(runtime.NumCPU(), 1)
		server := fmt.Sprintf("setpriv --pdeathsig KILL taskset -c %s %s -lib=linger -addr=%s & ", loadCore, w.binary("server"), back)
		return []string{"sh", "-c", server + "sleep 0.2; exec " + fill.Replace(line)}
	}
}
